/** A bug in the caller when it throws: rounds follow each other, an attempt is used once. */
export function assertNext(
  head: { readonly round: number; readonly attempt: number } | null,
  next: { readonly round: number; readonly attempt: number },
): void {
  if (head === null) return
  if (next.round !== head.round + 1 || next.attempt <= head.attempt) {
    throw new Error(
      `ledger: round ${next.round} attempt ${next.attempt} cannot follow ` +
        `round ${head.round} attempt ${head.attempt}`,
    )
  }
}
