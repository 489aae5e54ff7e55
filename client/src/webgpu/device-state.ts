import { countedSlices } from '@quorate/shared/methods/momentum'
import type { RoundTerms, Settlement } from '@quorate/shared/methods/method'
import type { Compute } from './compute.ts'

/** A method's state [d] on a device, and the vectors that ballots would make of it. */
export class DeviceState {
  readonly #compute: Compute
  readonly #d: number
  /** [d], zero at first. */
  readonly values: GPUBuffer
  /** Given back by settled ballots. */
  readonly #free: GPUBuffer[] = []

  constructor(compute: Compute, d: number) {
    this.#compute = compute
    this.#d = d
    this.values = compute.buffer(d)
  }

  /** A vector [d] of any values, to be given back by `release`. */
  take(): GPUBuffer {
    return this.#free.pop() ?? this.#compute.buffer(this.#d)
  }

  release(vector: GPUBuffer): void {
    this.#free.push(vector)
  }

  /** Takes over the slices of `next` in which a ballot was counted. */
  commit(next: GPUBuffer, settlement: Settlement, { slices }: RoundTerms): void {
    for (const { start, end } of countedSlices(settlement, slices)) {
      this.#compute.copy(next, this.values, { from: start, to: start, words: end - start })
    }
  }
}
