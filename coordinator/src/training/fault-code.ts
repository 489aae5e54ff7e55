/** What everyone may read of something that was thrown: its stable code, and nothing of the inside. */
export function faultCodeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return /^[A-Z][A-Z0-9_]{2,40}$/.test(code) ? code : 'INTERNAL'
}
