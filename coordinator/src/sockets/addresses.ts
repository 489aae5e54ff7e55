import type { IncomingMessage } from 'node:http'

/** The address that limits count by; the same that Fastify takes for its requests. */
export function addressOf(request: IncomingMessage, trustProxy: boolean): string {
  const header = request.headers['x-forwarded-for']
  const forwarded = (Array.isArray(header) ? header.join() : header)?.split(',')[0]?.trim()
  if (trustProxy && forwarded) return forwarded.slice(0, 64)
  return request.socket.remoteAddress ?? 'unknown'
}

/** Counts open connections per address, up to a limit. */
export class AddressLimit {
  readonly #limit: number
  readonly #open = new Map<string, number>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** False where the address has as many as it may. */
  enter(address: string): boolean {
    const open = this.#open.get(address) ?? 0
    if (open >= this.#limit) return false
    this.#open.set(address, open + 1)
    return true
  }

  leave(address: string): void {
    const open = (this.#open.get(address) ?? 1) - 1
    if (open > 0) this.#open.set(address, open)
    else this.#open.delete(address)
  }
}
