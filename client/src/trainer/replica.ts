import { littleEndianBytes } from '@quorate/shared/bytes/float32'
import { sha256Hex } from '@quorate/shared/bytes/sha256'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { decodeCheckpoint } from '@quorate/shared/wire/checkpoint'
import { decodeVerdict } from '@quorate/shared/wire/verdict'
import { TrainerError } from './errors.ts'
import type { Parameters } from './vectors.ts'

export interface ReplicaShape {
  /** The run's number in frames. */
  readonly run: number
  readonly d: number
  readonly block: number
}

/** A full copy of the parameters at a round; moved by verdicts alone. */
export class Replica {
  readonly shape: ReplicaShape
  readonly #parameters: Parameters
  /** EF-Vote's units for the round to come. */
  units: Uint8Array | null
  /** Decided rounds that this replica contains: the number of the round to come. */
  round: number

  private constructor(
    shape: ReplicaShape,
    parameters: Parameters,
    at: { readonly units: Uint8Array | null; readonly round: number },
  ) {
    this.shape = shape
    this.#parameters = parameters
    this.units = at.units
    this.round = at.round
  }

  /** The replica of a checkpoint, kept in `parameters`. Rejects with decodeCheckpoint's coded error. */
  static async load(
    checkpoint: Uint8Array,
    shape: ReplicaShape,
    parameters: Parameters,
  ): Promise<Replica> {
    const { round, units, ...file } = decodeCheckpoint(checkpoint, shape)
    await parameters.load(file.parameters)
    return new Replica(shape, parameters, { units, round })
  }

  /**
   * Applies one verdict frame. A frame of a round already applied changes nothing; an
   * announcement of units (kind 'none') does not advance the round.
   *
   * @throws TrainerError LEDGER_GAP for a round ahead; decodeVerdict's coded error.
   */
  async apply(frame: Uint8Array): Promise<void> {
    const { round, sliceCount, verdict } = decodeVerdict(frame, this.shape)
    if (round > this.round) {
      const detail = `verdict of round ${round}, but the replica is at round ${this.round}`
      throw new TrainerError('LEDGER_GAP', detail)
    }
    if (round < this.round) return
    if (verdict.nextUnits) this.units = verdict.nextUnits
    if (verdict.kind === 'none') return
    const { d, block } = this.shape
    await this.#parameters.apply(verdict, sliceRanges(d, block, sliceCount))
    this.round += 1
  }

  /** SHA-256 of the little-endian float32 bytes, hex. */
  async digest(): Promise<string> {
    return sha256Hex(littleEndianBytes(await this.#parameters.parameters()))
  }
}
