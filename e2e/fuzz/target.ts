import type { Generator } from '@quorate/shared/random/generator'

/** A decoder under fuzz. */
export interface Target {
  readonly name: string
  /** A valid input, of any of the shapes there are. */
  make(random: Generator): Uint8Array
  /** Reads the bytes as the program does. Throws an error with one of `codes`, or returns. */
  read(bytes: Uint8Array): void
  readonly codes: ReadonlySet<string>
  /** The outermost lengths and checksums, made right; else the bytes as they are. */
  readonly seal?: (bytes: Uint8Array) => Uint8Array
  /** What reading may allocate, whatever is claimed: bytes, beyond 64 for each byte of input. */
  readonly mostBytes: number
}

/** The run that all targets read for. */
export const RUN = { run: 7, d: 1000, block: 64 } as const
export const SLICE = { index: 1, start: 192, end: 512 } as const

export function bytesOf(random: Generator, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, () => random.below(256))
}
export function wordsOf(random: Generator, size: number): Uint32Array {
  const words = Uint32Array.from({ length: Math.ceil(size / 32) }, () => random.uint32())
  if (size % 32 !== 0) words[words.length - 1] = (words.at(-1) ?? 0) & (2 ** (size % 32) - 1)
  return words
}
export function floatsOf(random: Generator, size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: size }, () => random.uniform() - 0.5)
}
export function pick<T>(random: Generator, from: readonly T[]): T {
  return from[random.below(from.length)] as T
}
