/**
 * The lock file is complete for every platform and speaks of no registry but npm's own: otherwise
 * `npm ci` fails on somebody's machine, though not on the one where the lock was made.
 */
import { readFileSync } from 'node:fs'
import { inRoot } from '../bootstrap/root.mjs'

const REGISTRY = 'https://registry.npmjs.org/'
const packages = JSON.parse(readFileSync(inRoot('package-lock.json'), 'utf8')).packages

/** Whether Node, at `path`, finds the package `name` in what the lock installs. */
function isLocked(path, name) {
  for (let at = path; ; at = at.replace(/(^|\/)[^/]+$/, '')) {
    if (packages[`${at === '' ? '' : `${at}/`}node_modules/${name}`]) return true
    if (at === '') return false
  }
}

const findings = []
for (const [path, entry] of Object.entries(packages)) {
  if (entry.resolved && !entry.link && !entry.resolved.startsWith(REGISTRY)) {
    findings.push(`${path}: resolved elsewhere than from npm: ${entry.resolved}`)
  }
  if (path.includes('node_modules/') && !entry.link && !entry.integrity) {
    findings.push(`${path}: no integrity`)
  }
  for (const name of Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })) {
    if (!isLocked(path, name)) findings.push(`${path}: ${name} is missing from the lock`)
  }
}
for (const finding of findings) console.error(finding)
if (findings.length > 0) process.exitCode = 1
