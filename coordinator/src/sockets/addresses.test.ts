import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { addressOf, limitedAs } from './addresses.ts'

/** A request of `remoteAddress` with these X-Forwarded-For headers. */
function request(remoteAddress: string, forwarded?: string): IncomingMessage {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return { headers, socket: { remoteAddress } } as unknown as IncomingMessage
}

test('behind a proxy the address is what the proxy has seen, not what its client says', () => {
  expect(addressOf(request('10.0.0.1', '1.1.1.1, 2.2.2.2'), true)).toBe('2.2.2.2')
  expect(addressOf(request('10.0.0.1'), true)).toBe('10.0.0.1')
})

test('without --trust-proxy the header says nothing', () => {
  expect(addressOf(request('10.0.0.1', '1.1.1.1'), false)).toBe('10.0.0.1')
})

test('IPv4 counts as it is, also where it is mapped into IPv6', () => {
  expect(limitedAs('::ffff:192.0.2.7')).toBe('192.0.2.7')
  expect(limitedAs('192.0.2.7')).toBe('192.0.2.7')
})

test('all addresses of an IPv6 network count as one', () => {
  const one = limitedAs('2001:db8:1:2:3:4:5:6')
  expect(limitedAs('2001:0db8:1:2::9')).toBe(one)
  expect(limitedAs('2001:db8:1:3::9')).not.toBe(one)
  expect(limitedAs('::1')).toBe('0:0:0:0::/64')
})
