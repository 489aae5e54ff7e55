import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** The soak as Node runs it. */
export default defineConfig({
  build: {
    ssr: true,
    target: 'node20',
    outDir: path('../dist/soak'),
    emptyOutDir: true,
    sourcemap: true,
    minify: false,
    rolldownOptions: {
      input: { soak: path('main.ts') },
      output: { entryFileNames: '[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
  // The workspaces are TypeScript source, which Node cannot import; the rest stays in node_modules.
  ssr: { noExternal: [/^@quorate\//] },
})
