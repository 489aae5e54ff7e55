/** Bytes that are kept for later: as many as a thousand ballots of a million parameters. */
const MOST_SPARE_BYTES = 128 * 1024 * 1024

/**
 * Memory for large messages while they come, used again when those are read. Memory of its own for
 * each, or the pieces in which a message comes, would outlive the young generation wherever
 * hundreds come side by side, and make the collector go through the whole heap for their sake.
 */
export class MessageRoom {
  #spare: Uint8Array<ArrayBuffer>[] = []
  #spareBytes = 0

  /** `size` bytes, of any content, that are the caller's until given back. */
  take(size: number): Uint8Array<ArrayBuffer> {
    const at = this.#spare.findLastIndex(({ length }) => length === size)
    // Not zeroed, and no Buffer: `slice` of one is a view.
    if (at < 0) return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer)
    this.#spareBytes -= size
    return this.#spare.splice(at, 1)[0] as Uint8Array<ArrayBuffer>
  }

  /** Nobody uses it any more. */
  giveBack(bytes: Uint8Array<ArrayBuffer>): void {
    this.#spare.push(bytes)
    this.#spareBytes += bytes.length
    while (this.#spareBytes > MOST_SPARE_BYTES) {
      this.#spareBytes -= this.#spare.shift()?.length ?? 0
    }
  }
}
