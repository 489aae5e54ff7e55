import type { FastifyInstance } from 'fastify'

/** Which methods the addresses of an app take; made before its routes are. */
export class KnownRoutes {
  readonly #routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = []

  constructor(app: FastifyInstance) {
    app.addHook('onRoute', ({ url, method }) => {
      const methods = Array.isArray(method) ? method : [method]
      this.#routes.push({ pattern: patternOf(url), methods })
    })
  }

  /** In alphabetical order; none where there is nothing at `path`. */
  methodsAt(path: string): string[] {
    const found = this.#routes.filter(({ pattern }) => pattern.test(path))
    return [...new Set(found.flatMap(({ methods }) => methods))].sort()
  }
}

/** `/runs/:id/*`, where :id is one step and * anything. */
function patternOf(url: string): RegExp {
  const text = url
    .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/:\w+/g, '[^/]+')
    .replaceAll('*', '.*')
  return new RegExp(`^${text}$`)
}
