/** 0 ≤ r < 1, from the browser's strong generator: for jitter and the like, never in training. */
export function browserRandom(): number {
  const [word = 0] = crypto.getRandomValues(new Uint32Array(1))
  return word / 2 ** 32
}

/** Bytes of the same, for keys. */
export function secretBytes(size: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(size))
}
