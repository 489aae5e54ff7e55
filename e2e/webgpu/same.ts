/** Throws where two vectors differ in a bit of a value. */
export function same(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  if (actual.length !== expected.length) {
    throw new Error(`${what}: ${actual.length} values instead of ${expected.length}`)
  }
  for (let i = 0; i < actual.length; i++) {
    if (Object.is(actual[i], expected[i])) continue
    throw new Error(`${what}: ${actual[i]} instead of ${expected[i]} at ${i}`)
  }
}
