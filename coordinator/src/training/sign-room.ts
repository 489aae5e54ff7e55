/** Arrays that are kept for later: as many as are counted together, for two slices. */
const MOST_SPARE = 128

/**
 * Memory for the signs of ballots, used again when those are counted. A fresh array for each would
 * outlive the young generation while it waits, and make the collector go through the whole heap
 * every few hundred ballots.
 */
export class SignRoom {
  #spare: Uint32Array[] = []

  /** `words` words, of any content, that are the caller's until given back. */
  take(words: number): Uint32Array {
    const at = this.#spare.findLastIndex(({ length }) => length === words)
    return this.#spare.splice(at, at < 0 ? 0 : 1)[0] ?? new Uint32Array(words)
  }

  /** Nobody uses it any more. */
  giveBack(signs: Uint32Array): void {
    this.#spare.push(signs)
    if (this.#spare.length > MOST_SPARE) this.#spare.shift()
  }
}
