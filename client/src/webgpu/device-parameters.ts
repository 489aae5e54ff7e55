import type { Verdict } from '@quorate/shared/methods/method'
import type { Slice } from '@quorate/shared/tally/slices'
import { APPLY, stepsOf } from './apply-program.ts'
import type { Compute } from './compute.ts'
import { parameterWords } from './compute.ts'
import { tileCount } from './wgsl/tiles.ts'

/** Parameters on a device: moved there by verdicts, and read back only when somebody asks. */
export class DeviceParameters {
  readonly #compute: Compute
  readonly #shape: { readonly d: number; readonly block: number }
  /** [d] float32. */
  readonly x: GPUBuffer
  readonly #signs: GPUBuffer
  /** Pairs; as many as the longest table so far. */
  #segments: GPUBuffer
  /** δ [d], once a verdict came that is not signs. */
  #dense: GPUBuffer | null = null

  /** `compute` has compiled APPLY. */
  constructor(compute: Compute, shape: { readonly d: number; readonly block: number }) {
    this.#compute = compute
    this.#shape = shape
    this.x = compute.buffer(shape.d)
    this.#signs = compute.buffer(Math.ceil(shape.d / 32))
    this.#segments = compute.buffer(2)
  }

  load(parameters: Float32Array): void {
    this.#compute.write(this.x, parameters)
  }

  apply(verdict: Verdict, slices: readonly Slice[]): void {
    if (verdict.kind === 'none') return
    const { d, block } = this.#shape
    const { segments, steps } = stepsOf(verdict, slices, block)
    const dense = steps.kind === 'dense'
    const words = dense ? (this.#dense ??= this.#compute.buffer(d)) : this.#signs
    this.#compute.write(words, steps.words)
    this.#compute.write(this.#roomFor(segments), segments)
    this.#compute.run(APPLY, {
      tiles: tileCount(d),
      parameters: parameterWords([d, segments.length / 2, Number(dense)]),
      storage: [this.x, this.#segments, words],
    })
  }

  /** A copy of x; rejects when the device is lost. */
  async read(): Promise<Float32Array<ArrayBuffer>> {
    const { d } = this.#shape
    return new Float32Array(await this.#compute.checked(() => this.#compute.read(this.x, d)))
  }

  #roomFor({ length, byteLength }: Uint32Array): GPUBuffer {
    if (this.#segments.size < byteLength) {
      this.#compute.free(this.#segments)
      this.#segments = this.#compute.buffer(length)
    }
    return this.#segments
  }
}
