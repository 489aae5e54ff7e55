import { sha256Hex } from '@quorate/shared/bytes/sha256'
import { littleEndianBytes } from '@quorate/shared/bytes/float32'
import { applyVerdict } from '@quorate/shared/methods/apply'
import { createMethod } from '@quorate/shared/methods/create'
import type { MethodOptions } from '@quorate/shared/methods/create'
import type { Method, RoundTerms, Verdict } from '@quorate/shared/methods/method'
import { initialParameters } from '@quorate/shared/model/initialise'
import { layoutOf } from '@quorate/shared/model/layout'
import type { Layout } from '@quorate/shared/model/layout'
import type { DataShape } from '@quorate/shared/model/spec'
import { checkSize } from '@quorate/shared/run/capacity'
import type { RunSettings } from '@quorate/shared/run/settings'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { encodeCheckpoint } from '@quorate/shared/wire/checkpoint'
import type { Checkpoint } from '@quorate/shared/wire/checkpoint'
import type { LedgerRecord } from '@quorate/shared/wire/record'

/** The coordinator's replica and its half of the method: what verdicts are made of. */
export class RunModel {
  readonly method: Method
  readonly d: number
  readonly block: number
  readonly tensors: Layout['tensors']
  readonly seed: number
  #parameters: Float32Array<ArrayBuffer>
  #state: unknown
  #round = 0
  #units: Uint8Array | null = null
  /** Of the present parameters, once somebody has asked: anybody may, and often. */
  #digest: string | null = null
  /** The last verdict, until the parameters have taken its step. */
  #owed: Verdict | null = null

  /** At round 0, with the parameters that the run's seed gives. `options` are for simulations. */
  constructor(
    settings: RunSettings,
    shape: DataShape,
    options: Pick<MethodOptions, 'tieRule'> = {},
  ) {
    const layout = layoutOf(settings.model, shape)
    checkSize(settings, layout.size)
    this.d = layout.size
    this.tensors = layout.tensors
    this.block = settings.block
    this.seed = settings.seed
    this.method = createMethod(settings.method, layout, settings.block, options)
    this.#parameters = new Float32Array(initialParameters(layout, settings.seed))
    this.#state = this.method.coordinator.init()
  }

  /** Rounds decided. */
  get round(): number {
    return this.#round
  }
  /** Units of the next round, for methods that have them. */
  get units(): Uint8Array | null {
    return this.#units
  }
  get parameters(): Float32Array<ArrayBuffer> {
    this.catchUp()
    return this.#parameters
  }
  /** The opening phase is still to come. */
  get needsCalibration(): boolean {
    return this.method.coordinator.calibrates && this.#round === 0 && this.#units === null
  }

  /** SHA-256 of the replica's little-endian float32 bytes. */
  digest(): string {
    this.catchUp()
    this.#digest ??= sha256Hex(littleEndianBytes(this.#parameters))
    return this.#digest
  }

  /** The verdict on a round's tally or on the opening phase's reports; changes the method's state. */
  decide(record: LedgerRecord, valid: readonly boolean[]): Verdict {
    const { method } = this
    if (record.kind === 'calibration') {
      const nextUnits = method.coordinator.calibrate(this.#state, record.reports)
      return { kind: 'none', valid, nextUnits }
    }
    const terms = { ...this.#terms(valid.length, record.learningRate), valid }
    if (record.kind === 'vectors' && method.kind === 'vectors') {
      return method.coordinator.decide(this.#state, record.vectors, terms)
    }
    if (record.kind === 'round' && method.kind === 'votes') {
      return method.coordinator.decide(this.#state, record.tally, terms)
    }
    throw new RangeError(`a method of ${method.kind} cannot decide on a record of ${record.kind}`)
  }

  /**
   * Takes a verdict that is on disk: round and units are the next at once. The parameters, which no
   * opening needs, follow with `catchUp`, or as soon as anybody looks at them.
   */
  advance(verdict: Verdict): void {
    this.catchUp()
    this.#digest = null
    this.#owed = verdict
    this.#units = verdict.nextUnits
    if (verdict.kind !== 'none') this.#round += 1
  }

  /** The parameters take the step of the last verdict, unless they have. */
  catchUp(): void {
    if (!this.#owed) return
    const slices = sliceRanges(this.d, this.block, this.#owed.valid.length)
    applyVerdict(this.#parameters, this.#owed, slices, this.block)
    this.#owed = null
  }

  #terms(sliceCount: number, learningRate: number): RoundTerms {
    return {
      runSeed: this.seed,
      round: this.#round,
      block: this.block,
      slices: sliceRanges(this.d, this.block, sliceCount),
      learningRate,
      units: this.#units,
    }
  }

  /** The public checkpoint file and the method's state, both at the present round. */
  save(): { file: Uint8Array; state: Uint8Array } {
    const checkpoint = { round: this.#round, parameters: this.parameters, units: this.#units }
    return { file: encodeCheckpoint(checkpoint), state: this.method.coordinator.save(this.#state) }
  }

  restore(checkpoint: Checkpoint, state: Uint8Array): void {
    this.#digest = null
    this.#owed = null
    this.#parameters = checkpoint.parameters
    this.#units = checkpoint.units
    this.#round = checkpoint.round
    this.#state = this.method.coordinator.restore(state)
  }
}
