import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'

/** The proxy that `--trust-proxy` believes: one, in front of this server. */
export const TRUSTED_PROXIES = 1

/**
 * The address of a request as limits count it; the same that Fastify takes for its requests. A
 * proxy appends the address that it sees: what stands before that its client may have made up.
 */
export function addressOf(request: IncomingMessage, trustProxy: boolean): string {
  const header = request.headers['x-forwarded-for']
  const forwarded = (Array.isArray(header) ? header.join() : header)?.split(',').at(-1)?.trim()
  if (trustProxy && forwarded) return limitedAs(forwarded)
  return limitedAs(request.socket.remoteAddress ?? 'unknown')
}

/** What limits count an address by: of IPv6 the network, as one host has 2⁶⁴ addresses of its own. */
export function limitedAs(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address.slice(0, 64)
  const [before = '', after] = address.split('::')
  const groups = before.split(':').filter(Boolean)
  const rest = (after ?? '').split(':').filter(Boolean)
  while (groups.length + rest.length < 8) groups.push('0')
  return `${[...groups, ...rest]
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`
}
