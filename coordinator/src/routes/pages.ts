import { existsSync } from 'node:fs'
import fastifyStatic from '@fastify/static'
import type { FastifyReply } from 'fastify'
import type { RouteApp } from './route-app.ts'

/** The built client: hashed assets for ever, pages always asked for again. */
export async function pageRoutes(app: RouteApp, clientFolder: string): Promise<void> {
  if (!existsSync(clientFolder)) {
    app.log.warn({ clientFolder }, 'the client is not built: only the API is served')
    return
  }
  await app.register(fastifyStatic, {
    root: clientFolder,
    index: false,
    wildcard: false,
    cacheControl: false,
    setHeaders(reply, path) {
      const hashed = /[/\\]assets[/\\]/.test(path)
      reply.setHeader('cache-control', hashed ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
  const page = (file: string) => (_: unknown, reply: FastifyReply) => reply.sendFile(file)
  const hidden = { schema: { hide: true } }
  for (const path of ['/', '/runs', '/run/:id']) app.get(path, hidden, page('index.html'))
  for (const path of ['/operator', '/operator/*']) app.get(path, hidden, page('operator.html'))
}
