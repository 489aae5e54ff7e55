/** What a person may read of something that was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The stable code of an error that carries one. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'FAILED'
}
