import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * The simulator, and the experiments with the thread that computes them, as Node runs them; the
 * browser tests are Playwright's and are not built.
 */
export default defineConfig({
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: true,
    minify: false,
    rolldownOptions: {
      input: {
        simulate: source('simulator/main.ts'),
        experiments: source('experiments/main.ts'),
        'experiments-worker': source('experiments/worker.ts'),
      },
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
  // The workspaces are TypeScript source, which Node cannot import; the rest stays in node_modules.
  ssr: { noExternal: [/^@quorate\//] },
})
