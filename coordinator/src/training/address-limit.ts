/** Counts what is open per address, up to a limit. */
export class AddressLimit {
  readonly #limit: number
  readonly #open = new Map<string, number>()

  constructor(limit: number) {
    this.#limit = limit
  }

  hasRoom(address: string): boolean {
    return (this.#open.get(address) ?? 0) < this.#limit
  }

  /** False where the address has as many as it may. */
  enter(address: string): boolean {
    if (!this.hasRoom(address)) return false
    this.#open.set(address, (this.#open.get(address) ?? 0) + 1)
    return true
  }

  leave(address: string): void {
    const open = (this.#open.get(address) ?? 1) - 1
    if (open > 0) this.#open.set(address, open)
    else this.#open.delete(address)
  }
}
