import * as fc from 'fast-check'

/** One change to some bytes; places and sizes are taken modulo what there is. */
export type Mutation =
  | { readonly kind: 'flip'; readonly bit: number }
  | { readonly kind: 'truncate'; readonly to: number }
  | { readonly kind: 'extend'; readonly by: Uint8Array }
  /** A number as lengths are written, over whatever stands there. */
  | {
      readonly kind: 'length'
      readonly at: number
      readonly bytes: 1 | 2 | 4
      readonly value: number
    }
  /** A part of another valid input, in place of this one's. */
  | { readonly kind: 'splice'; readonly at: number; readonly from: number; readonly size: number }
  | { readonly kind: 'cut'; readonly at: number; readonly size: number }
  /** Checksums and lengths of the outermost header made right again, so that the inside is read. */
  | { readonly kind: 'seal' }

/** Numbers at which lengths break. */
const EDGES = [0, 1, 2, 7, 8, 31, 32, 33, 63, 64, 127, 255, 256, 1023, 32767, 65535, 65536]
const HUGE = [2 ** 24, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1]

const place = fc.nat(1 << 16)
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant('flip' as const), bit: fc.nat(1 << 19) }),
  fc.record({ kind: fc.constant('truncate' as const), to: place }),
  fc.record({ kind: fc.constant('extend' as const), by: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({
    kind: fc.constant('length' as const),
    at: place,
    bytes: fc.constantFrom(1 as const, 2 as const, 4 as const),
    value: fc.oneof(fc.constantFrom(...EDGES, ...HUGE), fc.nat(300)),
  }),
  fc.record({ kind: fc.constant('splice' as const), at: place, from: place, size: fc.nat(64) }),
  fc.record({ kind: fc.constant('cut' as const), at: place, size: fc.nat(64) }),
  fc.constant({ kind: 'seal' as const }),
)

/** Up to six changes; none now and then, so that what is valid is known to pass. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(mutation, { maxLength: 6 })

/** `bytes` after the changes, in a buffer of its own; `other` is what is spliced in. */
export function mutated(
  bytes: Uint8Array,
  changes: readonly Mutation[],
  { other, seal }: { other: Uint8Array; seal: (bytes: Uint8Array) => Uint8Array },
): Uint8Array {
  let now: Uint8Array = bytes.slice()
  for (const change of changes) now = change.kind === 'seal' ? seal(now) : apply(now, change, other)
  return now
}

function apply(
  bytes: Uint8Array,
  change: Exclude<Mutation, { kind: 'seal' }>,
  other: Uint8Array,
): Uint8Array {
  const size = bytes.length
  const at = (place: number) => (size === 0 ? 0 : place % size)
  switch (change.kind) {
    case 'flip': {
      if (size === 0) return bytes
      const byte = at(change.bit >> 3)
      bytes[byte] = (bytes[byte] as number) ^ (1 << (change.bit & 7))
      return bytes
    }
    case 'truncate':
      return bytes.slice(0, at(change.to))
    case 'extend':
      return joined(bytes, change.by)
    case 'length': {
      if (size < change.bytes) return bytes
      const view = new DataView(bytes.buffer, bytes.byteOffset, size)
      const start = change.at % (size - change.bytes + 1)
      if (change.bytes === 1) view.setUint8(start, change.value)
      if (change.bytes === 2) view.setUint16(start, change.value, true)
      if (change.bytes === 4) view.setUint32(start, change.value, true)
      return bytes
    }
    case 'splice': {
      const from = other.length === 0 ? 0 : change.from % other.length
      const part = other.subarray(from, from + change.size)
      const start = at(change.at)
      return joined(bytes.subarray(0, start), part, bytes.subarray(start + part.length))
    }
    case 'cut': {
      const start = at(change.at)
      return joined(bytes.subarray(0, start), bytes.subarray(start + change.size))
    }
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
