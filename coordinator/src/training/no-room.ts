/** Codes of what a file system, SQLite and the limit of this server say of a write without room. */
const CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL'])

/** Causes of causes that are looked at. */
const DEPTH = 8

/** Whether something failed for want of room on the disk, however deep that lies in its causes. */
export function isNoRoom(error: unknown, depth = DEPTH): boolean {
  if (!(error instanceof Error) || depth === 0) return false
  if ('code' in error && CODES.has(error.code)) return true
  const several = error instanceof AggregateError ? (error.errors as unknown[]) : []
  return [error.cause, ...several].some((cause) => isNoRoom(cause, depth - 1))
}
