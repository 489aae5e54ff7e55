const DIGITS = '0123456789abcdef'

/** Lower-case hexadecimal, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += (DIGITS[byte >>> 4] ?? '') + (DIGITS[byte & 15] ?? '')
  return text
}

/** The bytes of an even number of hexadecimal digits, which a schema has checked. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) =>
    Number.parseInt(text.slice(2 * i, 2 * i + 2), 16),
  )
}
