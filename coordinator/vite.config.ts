import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url))

/** What Node starts by path: the server, and the worker thread that evaluates models. */
const entries = {
  main: source('main.ts'),
  'evaluation-worker': source('evaluation/worker.ts'),
}

export default defineConfig({
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: true,
    minify: false,
    rolldownOptions: {
      input: Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(path))),
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
  // Shared is TypeScript source, which Node cannot import; everything else stays in node_modules.
  ssr: { noExternal: [/^@quorate\/shared/] },
})
