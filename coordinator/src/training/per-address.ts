/** Addresses that are remembered; the one heard of longest ago goes. */
const MAX_ADDRESSES = 10_000

/** Something for each address, made when it is first heard of. */
export class PerAddress<T> {
  readonly #make: () => T
  /** By the time they were heard of last. */
  readonly #known = new Map<string, T>()

  constructor(make: () => T) {
    this.#make = make
  }

  of(address: string): T {
    const found = this.#known.get(address) ?? this.#make()
    this.#known.delete(address)
    this.#known.set(address, found)
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= MAX_ADDRESSES) break
      this.#known.delete(oldest)
    }
    return found
  }
}
