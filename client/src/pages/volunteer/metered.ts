/** What is used of the Network Information API; of the desktop browsers, Chromium alone has it. */
interface Connection extends EventTarget {
  readonly saveData?: unknown
  readonly type?: unknown
}

/** Whether bytes cost something here: mobile data, or a browser that was asked to save data. */
function isMetered({ saveData, type }: Pick<Connection, 'saveData' | 'type'>): boolean {
  return saveData === true || type === 'cellular'
}

/**
 * Tells at once, and on every change until `signal` aborts, whether `navigator.connection` is
 * metered. False where the browser does not tell; then nothing is told.
 */
export function watchMetered(
  connection: unknown,
  tell: (metered: boolean) => void,
  signal: AbortSignal,
): boolean {
  if (!isConnection(connection)) return false
  tell(isMetered(connection))
  connection.addEventListener('change', () => tell(isMetered(connection)), { signal })
  return true
}

function isConnection(value: unknown): value is Connection {
  return value instanceof EventTarget && ('saveData' in value || 'type' in value)
}
