import { littleEndianBytes } from '@quorate/shared/bytes/float32'
import { sha256Hex } from '@quorate/shared/bytes/sha256'
import { applyVerdict } from '@quorate/shared/methods/apply'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { decodeCheckpoint } from '@quorate/shared/wire/checkpoint'
import { decodeVerdict } from '@quorate/shared/wire/verdict'
import { TrainerError } from './errors.ts'

export interface ReplicaShape {
  /** The run's number in frames. */
  readonly run: number
  readonly d: number
  readonly block: number
}

/** A full copy of the parameters at a round; moved by verdicts alone. */
export class Replica {
  readonly shape: ReplicaShape
  /** `[d]`, mutated in place by `apply`. */
  readonly x: Float32Array<ArrayBuffer>
  /** EF-Vote's units for the round to come. */
  units: Uint8Array | null
  /** Decided rounds that this replica contains: the number of the round to come. */
  round: number

  /** Throws decodeCheckpoint's coded error. */
  constructor(checkpoint: Uint8Array, shape: ReplicaShape) {
    const { round, parameters, units } = decodeCheckpoint(checkpoint, shape)
    this.shape = shape
    this.x = new Float32Array(parameters)
    this.units = units
    this.round = round
  }

  /**
   * Applies one verdict frame. A frame of a round already applied changes nothing; an
   * announcement of units (kind 'none') does not advance the round.
   *
   * @throws TrainerError LEDGER_GAP for a round ahead; decodeVerdict's coded error.
   */
  apply(frame: Uint8Array): void {
    const { round, sliceCount, verdict } = decodeVerdict(frame, this.shape)
    if (round > this.round) {
      const detail = `verdict of round ${round}, but the replica is at round ${this.round}`
      throw new TrainerError('LEDGER_GAP', detail)
    }
    if (round < this.round) return
    if (verdict.nextUnits) this.units = verdict.nextUnits
    if (verdict.kind === 'none') return
    const { d, block } = this.shape
    applyVerdict(this.x, verdict, sliceRanges(d, block, sliceCount), block)
    this.round += 1
  }

  /** SHA-256 of the little-endian float32 bytes, hex. */
  digest(): string {
    return sha256Hex(littleEndianBytes(this.x))
  }
}
