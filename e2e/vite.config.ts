import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

/** The simulator as Node runs it; the browser tests are Playwright's and are not built. */
export default defineConfig({
  build: {
    ssr: true,
    target: 'node20',
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: true,
    minify: false,
    rolldownOptions: {
      input: { simulate: fileURLToPath(new URL('simulator/main.ts', import.meta.url)) },
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
  // The workspaces are TypeScript source, which Node cannot import; the rest stays in node_modules.
  ssr: { noExternal: [/^@quorate\//] },
})
