import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inRoot } from './root.mjs'

/** The files under a path of the repository (itself, if a file), sorted; none if it is absent. */
export function filesUnder(path, keep = () => true) {
  const stat = statSync(inRoot(path), { throwIfNoEntry: false })
  if (!stat) return []
  if (!stat.isDirectory()) return keep(path) ? [path] : []
  return readdirSync(inRoot(path))
    .filter((name) => name !== 'node_modules' && name !== 'dist')
    .sort()
    .flatMap((name) => filesUnder(join(path, name), keep))
}

/** SHA-256, in hex, over the names and contents of the given files of the repository. */
export function fingerprint(files) {
  const hash = createHash('sha256')
  for (const file of files) {
    const content = readFileSync(inRoot(file))
    hash.update(`${file}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}
