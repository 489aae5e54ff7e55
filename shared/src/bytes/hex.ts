const DIGITS = '0123456789abcdef'

/** Lower-case hexadecimal, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += (DIGITS[byte >>> 4] ?? '') + (DIGITS[byte & 15] ?? '')
  return text
}

/** The text is not an even number of hexadecimal digits. */
export class HexError extends Error {
  readonly code = 'HEX_MALFORMED'
}

/**
 * The bytes of hexadecimal digits in either case.
 *
 * @throws HexError on an odd length or any other character.
 */
export function fromHex(text: string): Uint8Array {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) {
    throw new HexError(`not hexadecimal: ${JSON.stringify(text.slice(0, 80))}`)
  }
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16)
  return bytes
}
