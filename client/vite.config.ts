import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, type Plugin } from 'vite'

const COORDINATOR = 'http://127.0.0.1:8080'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [svelte(), pagesOfPaths()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2022',
    // Fonts and pictures stay files: the page's policy allows no data: URLs for scripts or workers.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: {
        index: `${import.meta.dirname}/index.html`,
        operator: `${import.meta.dirname}/operator.html`,
      },
    },
  },
  worker: { format: 'es' },
  server: {
    proxy: {
      '/api': COORDINATOR,
      '/ws': { target: COORDINATOR, ws: true },
      '/signal': { target: COORDINATOR, ws: true },
    },
  },
})

/** In development, serves the two pages under the paths that the coordinator gives them. */
function pagesOfPaths(): Plugin {
  return {
    name: 'quorate:pages-of-paths',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const path = request.url ?? ''
        if (/^\/operator(?:[/?]|$)/.test(path)) request.url = '/operator.html'
        else if (/^\/run\//.test(path)) request.url = '/index.html'
        next()
      })
    },
  }
}
