/**
 * Dead code: exports that nothing imports, and source files that nothing reaches.
 *
 * An export counts as used when another file imports it by name, or imports its whole module
 * (`import * as`, `import()`, `export *`). Tests are a use only of what its own file uses too;
 * what exists for tests alone, such as a slow reference, carries the tag `@public` in its comment,
 * with the reason. A type or an error class that its own file uses may be exported without an
 * importer: it is part of what a function there takes, gives or throws.
 */
import { filesUnder } from '../bootstrap/fingerprint.mjs'
import { moduleFacts } from './module-facts.mjs'

const SOURCES = [
  ...['shared/src', 'coordinator/src', 'client/src', 'e2e', 'scripts'],
  ...['client/index.html', 'client/operator.html'],
  ...['playwright.config.ts', 'vitest.config.ts'],
  ...['coordinator/vite.config.ts', 'client/vite.config.ts'],
]
const isSource = (file) => /\.(ts|mjs|svelte|html)$/.test(file) && !file.endsWith('.d.ts')
/** Run by the test runners. */
const isTestFile = (file) => /\.(test|e2e)\.ts$/.test(file)
/** Exists for tests, and may export for them. */
const isForTests = (file) =>
  isTestFile(file) ||
  /\.(contract|fixture)\.ts$|\/(testing|memory)\/|memory-\w+\.ts$|^e2e\//.test(file)
/** Started by a person, by Node or by a page, not by an import. */
const isEntry = (file) =>
  [
    /^coordinator\/src\/(main|evaluation\/worker)\.ts$/,
    /^scripts\/[^/]+\.mjs$/,
    /^scripts\/check\/(unused-exports|lock-file)\.mjs$/,
    /^e2e\/([^/]+|(simulator|bench|soak)\/main|experiments\/(main|worker)|webgpu\/(page|timing-page)|bench\/local\/tab)\.ts$/,
    /\.config\.ts$/,
    /\.html$/,
  ].some((pattern) => pattern.test(file))

const files = SOURCES.flatMap((path) => filesUnder(path, isSource))
const modules = new Map(files.map((file) => [file, moduleFacts(file)]))

/** file → names that other files take from it; '' stands for its being reached at all */
const used = new Map(files.map((file) => [file, new Set()]))
const usedByTests = new Map(files.map((file) => [file, new Set()]))
for (const [file, { imports }] of modules) {
  for (const { from, names } of imports) {
    if (from === file) continue
    const uses = isForTests(file) && !isForTests(from) ? usedByTests : used
    for (const name of ['', ...names]) uses.get(from)?.add(name)
  }
}

/** @returns {string[]} what is dead in a file, one line each */
function findingsIn(file, exports) {
  const names = used.get(file)
  if (isEntry(file) || names.has('*')) return []
  const dead = exports.filter(
    ({ name, isPublic, ownUse, usedHere }) =>
      !names.has(name) && !isPublic && !ownUse && !(usedHere && usedByTests.get(file).has(name)),
  )
  if (dead.length > 0) {
    return dead.map(
      ({ name, line }) => `${file}:${line} ${name} is exported, but nothing imports it`,
    )
  }
  const reached = names.has('') || isTestFile(file) || exports.some(({ isPublic }) => isPublic)
  return reached ? [] : [`${file} is reached by nothing`]
}

const findings = [...modules].flatMap(([file, { exports }]) => findingsIn(file, exports))
for (const finding of findings) console.error(finding)
if (findings.length > 0) {
  console.error('Drop `export`, delete the code, or mark it /** @public … */ if only tests use it.')
  process.exitCode = 1
}
