import { applyVerdict } from '@quorate/shared/methods/apply'
import type { Verdict } from '@quorate/shared/methods/method'
import type { Slice } from '@quorate/shared/tally/slices'
import type { Parameters } from './vectors.ts'

/** Parameters in memory, moved by plain TypeScript. */
export class PlainParameters implements Parameters {
  readonly #block: number
  /** [d] */
  x: Float32Array<ArrayBuffer> = new Float32Array(0)

  /** `block`: coordinates per block. */
  constructor(block: number) {
    this.#block = block
  }

  async load(parameters: Float32Array): Promise<void> {
    this.x = parameters.slice()
  }

  async apply(verdict: Verdict, slices: readonly Slice[]): Promise<void> {
    applyVerdict(this.x, verdict, slices, this.#block)
  }

  async parameters(): Promise<Float32Array<ArrayBuffer>> {
    return this.x.slice()
  }
}
