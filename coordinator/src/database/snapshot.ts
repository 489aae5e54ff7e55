import Libsql from 'libsql'

/** Writes the database as this moment has it to a new file; others may be writing to it. */
export function snapshot(path: string, target: string): void {
  const file = new Libsql(path)
  try {
    file.pragma('busy_timeout = 5000')
    file.prepare('vacuum into ?').run(target)
  } finally {
    file.close()
  }
}
