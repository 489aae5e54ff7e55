/**
 * The loss of a GPU, as steps wait for it. A promise that may never settle keeps everyone who has
 * ever waited for it, so that a race against it in every step would grow for as long as a tab trains.
 */
export class Loss {
  #reason: string | null = null
  readonly #waiting = new Set<(reason: string) => void>()

  /** `lost` resolves with the reason, or never. */
  constructor(lost: Promise<string>) {
    void lost.then((reason) => {
      this.#reason = reason
      for (const tell of this.#waiting) tell(reason)
      this.#waiting.clear()
    })
  }

  /** Those who wait right now. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** What comes first: the outcome of `other`, or the reason of the loss. */
  first<T>(other: Promise<T>): Promise<T | string> {
    if (this.#reason !== null) return Promise.resolve(this.#reason)
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve)
      const settled = () => this.#waiting.delete(resolve)
      other.finally(settled).then(resolve, reject)
    })
  }
}
