import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { filesUnder, fingerprint } from './fingerprint.mjs'
import { step } from './progress.mjs'
import { inRoot } from './root.mjs'

const SOURCES = 'shared/kernels'
const OUTPUT = inRoot('shared', 'src', 'kernels', 'module.generated.ts')
const isSource = (file) => file.endsWith('.ts')

/** SIMD is in every browser since 2023; what lacks it counts in plain TypeScript. */
const FLAGS = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd']

/**
 * Compiles shared/kernels from AssemblyScript to WebAssembly, as a module of `shared` that holds
 * the bytes; does nothing where the module was made from these very sources.
 */
export async function ensureKernels({ force = false } = {}) {
  const wanted = `// Made from shared/kernels: ${fingerprint([
    ...filesUnder(SOURCES, isSource),
    'scripts/bootstrap/kernels.mjs',
  ])}`
  if (!force && existsSync(OUTPUT) && readFileSync(OUTPUT, 'utf8').startsWith(wanted)) return
  await step('Compiling the kernels', async () => {
    const base64 = Buffer.from(await compile()).toString('base64')
    writeFileSync(OUTPUT, `${wanted}\nexport const wasmBase64 =\n  '${base64}'\n`)
  })
}

/** @returns {Promise<Uint8Array>} the WebAssembly module */
async function compile() {
  const { default: asc } = await import('assemblyscript/asc')
  const files = new Map()
  const { error, stderr } = await asc.main(
    ['index.ts', ...FLAGS, '--outFile', 'kernels.wasm', '--baseDir', inRoot(SOURCES)],
    { writeFile: (name, contents) => void files.set(name, contents) },
  )
  const wasm = files.get('kernels.wasm')
  if (error || !wasm) throw new Error(`The kernels do not compile.\n${stderr}`, { cause: error })
  return wasm
}
