import { existsSync } from 'node:fs'
import { toolPath } from '../bootstrap/command.mjs'
import { filesUnder } from '../bootstrap/fingerprint.mjs'
import { inRoot } from '../bootstrap/root.mjs'

const tsc = (project, name) => [
  toolPath('typescript', 'bin', 'tsc'),
  ...['-p', project, '--incremental', '--tsBuildInfoFile', `.bootstrap/tsc/${name}.tsbuildinfo`],
]
const hasSources = (folder) => () =>
  filesUnder(folder, (file) => /\.(ts|svelte)$/.test(file)).length > 0
const arrowRoots = () =>
  ['shared/src', 'coordinator/src', 'client/src', 'e2e'].filter((path) => existsSync(inRoot(path)))

/**
 * Everything that `npm run check` checks, the slow ones first. `args` are for Node; a step whose
 * `applies` is false has nothing to look at yet and is skipped.
 *
 * @type {{name: string, args: () => string[], applies?: () => boolean}[]}
 */
export const checkSteps = [
  {
    name: 'lint',
    args: () => [toolPath('eslint', 'bin', 'eslint.js'), '.', '--max-warnings', '0'],
  },
  {
    name: 'types: client',
    args: () => [
      toolPath('svelte-check', 'bin', 'svelte-check'),
      ...['--workspace', 'client', '--tsconfig', './tsconfig.json', '--fail-on-warnings'],
    ],
    applies: () => filesUnder('client/src', (file) => file.endsWith('.svelte')).length > 0,
  },
  {
    name: 'format',
    args: () => [
      toolPath('prettier', 'bin', 'prettier.cjs'),
      ...['--check', '--log-level', 'warn', '--cache', '--cache-strategy', 'content'],
      ...['--cache-location', '.bootstrap/prettier', '.'],
    ],
  },
  {
    name: 'types: shared',
    args: () => tsc('shared/tsconfig.json', 'shared'),
    applies: hasSources('shared/src'),
  },
  {
    name: 'types: shared tests',
    args: () => tsc('shared/tsconfig.test.json', 'shared-tests'),
    applies: hasSources('shared/src'),
  },
  {
    name: 'types: coordinator',
    args: () => tsc('coordinator/tsconfig.json', 'coordinator'),
    applies: hasSources('coordinator/src'),
  },
  {
    name: 'types: e2e',
    args: () => tsc('e2e/tsconfig.json', 'e2e'),
  },
  {
    name: 'arrows between packages',
    args: () => [
      toolPath('dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
      ...['--config', '.dependency-cruiser.cjs', '--output-type', 'err-long', ...arrowRoots()],
    ],
  },
  { name: 'dead code', args: () => ['scripts/check/unused-exports.mjs'] },
  { name: 'lock file', args: () => ['scripts/check/lock-file.mjs'] },
]
