import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { mustRun, toolPath } from './command.mjs'
import { ensureKernels } from './kernels.mjs'
import { filesUnder, fingerprint } from './fingerprint.mjs'
import { notice, step } from './progress.mjs'
import { inRoot } from './root.mjs'

const BUILD_TIMEOUT_MS = 10 * 60_000
const stampPath = inRoot('.bootstrap', 'build.json')
const isShipped = (file) => !/\.(test|contract)\.ts$/.test(file)

/**
 * What is built: a workspace whose `vite.config.ts` says how. `needs` must exist for there to be
 * anything to build, `output` exists once it is built, `inputs` are what a rebuild depends on.
 * Where it is not said otherwise, the workspace has the target's name.
 */
const targets = [
  {
    name: 'coordinator',
    needs: ['coordinator/src/main.ts', 'coordinator/vite.config.ts'],
    output: 'coordinator/dist/main.js',
    inputs: () => ['coordinator/src', 'coordinator/vite.config.ts', 'coordinator/package.json'],
  },
  {
    name: 'client',
    needs: ['client/vite.config.ts'],
    output: 'client/dist/index.html',
    inputs: () => [
      ...['src', 'public', 'package.json', 'tsconfig.json'].map((name) => `client/${name}`),
      ...readdirSync(inRoot('client'))
        .filter((name) => name.endsWith('.html') || /\.config\.[jt]s$/.test(name))
        .map((name) => `client/${name}`),
    ],
  },
  {
    name: 'simulator',
    workspace: 'e2e',
    needs: ['e2e/simulator/main.ts', 'e2e/vite.config.ts'],
    output: 'e2e/dist/simulate.js',
    inputs: () => [
      ...['simulator', 'experiments', 'vite.config.ts', 'package.json'].map(
        (name) => `e2e/${name}`,
      ),
      ...['coordinator/src', 'client/src/session', 'client/src/trainer'],
    ],
  },
  {
    name: 'bench',
    workspace: 'e2e/bench',
    needs: ['e2e/bench/main.ts', 'e2e/bench/vite.config.ts'],
    output: 'e2e/dist/bench/bench.js',
    inputs: () => [
      ...['bench', 'fixtures', 'webgpu', 'package.json'].map((name) => `e2e/${name}`),
      ...['coordinator/src', 'client/src'],
    ],
  },
  {
    name: 'soak',
    workspace: 'e2e/soak',
    needs: ['e2e/soak/main.ts', 'e2e/soak/vite.config.ts'],
    output: 'e2e/dist/soak/soak.js',
    inputs: () => [
      ...['soak', 'world', 'fuzz', 'fixtures', 'package.json'].map((name) => `e2e/${name}`),
      ...['coordinator/src', 'client/src'],
    ],
  },
]
const commonInputs = [
  'shared/src',
  'shared/package.json',
  'tsconfig.base.json',
  'package-lock.json',
]

/**
 * Builds what changed since the last build: the coordinator and the client, or `only` the targets
 * named.
 */
export async function ensureBuilt({ force = false, only = ['coordinator', 'client'] } = {}) {
  await ensureKernels({ force })
  for (const target of targets.filter(({ name }) => only.includes(name))) {
    if (!target.needs.every((path) => existsSync(inRoot(path)))) {
      notice(`${target.name}: no sources yet, not built`)
      continue
    }
    const files = [...commonInputs, ...target.inputs()].flatMap((path) =>
      filesUnder(path, isShipped),
    )
    const wanted = fingerprint(files)
    const built = readStamps()[target.name]
    if (!force && built === wanted && existsSync(inRoot(target.output))) continue
    await step(`Building the ${target.name}`, () => viteBuild(target.workspace ?? target.name))
    writeStamps({ ...readStamps(), [target.name]: wanted })
  }
}

function viteBuild(workspace) {
  return mustRun('node', [toolPath('vite', 'bin', 'vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: inRoot(workspace),
    env: { NODE_ENV: 'production' },
    timeoutMs: BUILD_TIMEOUT_MS,
  })
}

/** @returns {Record<string, string>} target name → fingerprint of the sources it was built from */
function readStamps() {
  return existsSync(stampPath) ? JSON.parse(readFileSync(stampPath, 'utf8')) : {}
}

function writeStamps(stamps) {
  mkdirSync(dirname(stampPath), { recursive: true })
  writeFileSync(stampPath, JSON.stringify(stamps, null, 2) + '\n')
}
