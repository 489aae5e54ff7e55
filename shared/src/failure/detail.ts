/** What a person may read of something that was thrown. */
export function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
