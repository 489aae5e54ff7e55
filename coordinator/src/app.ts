import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { problem } from '@quorate/shared/api/api'
import compress from '@fastify/compress'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import Fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { jsonSchemaTransform, serializerCompiler } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import { operatorOnly, refuseForeignOrigins } from './auth/guard.ts'
import type { Operator } from './auth/operator.ts'
import type { DataSets } from './data/data-set.ts'
import { CodedError } from './errors.ts'
import { issueText } from './issue-text.ts'
import { answerWithProblems } from './problems.ts'
import { blobRoutes } from './routes/blobs.ts'
import { dataSetRoutes } from './routes/data-sets.ts'
import { errorRoutes } from './routes/errors.ts'
import { healthRoutes } from './routes/health.ts'
import { modelRoutes } from './routes/model.ts'
import { pageRoutes } from './routes/pages.ts'
import type { RouteApp } from './routes/route-app.ts'
import { runControlRoutes } from './routes/run-control.ts'
import { runRoutes } from './routes/runs.ts'
import { sessionRoutes } from './routes/session.ts'
import { limitedAs, TRUSTED_PROXIES } from './sockets/addresses.ts'
import type { PublicBlobs } from './store/public-blobs.ts'
import type { Telemetry } from './telemetry.ts'
import type { BlobStore } from './training/ports.ts'
import type { TrainingService } from './training/service.ts'
import { VERSION } from './version.ts'

export interface AppParts {
  readonly training: TrainingService
  readonly dataSets: DataSets
  readonly blobs: BlobStore
  readonly publicBlobs: PublicBlobs
  readonly operator: Operator
  readonly telemetry: Telemetry
  readonly log: FastifyBaseLogger
  /** The built client; where it is missing only the API is served. */
  readonly clientFolder: string
  readonly publicUrl: URL | null
  readonly trustProxy: boolean
  /** PEM texts; null serves plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null
}

const BODY_BYTES = 64 * 1024
/** Per address and minute: a hundred tabs that load a whole data set in chunks. */
const REQUESTS_PER_MINUTE = 30_000

/** The HTTP side of the coordinator, ready to listen; sockets are attached apart from it. */
export async function buildApp(parts: AppParts): Promise<RouteApp> {
  const { training, operator, tls, publicUrl } = parts
  const app: RouteApp = Fastify({
    loggerInstance: parts.log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: parts.trustProxy && ((_address, hop) => hop < TRUSTED_PROXIES),
    bodyLimit: BODY_BYTES,
    requestTimeout: 60_000,
    forceCloseConnections: true,
    serverFactory: (handler: (request: IncomingMessage, response: ServerResponse) => void) =>
      tls ? createTlsServer(tls, handler) : createServer(handler),
  }).withTypeProvider<ZodTypeProvider>()
  app.setValidatorCompiler<z.ZodType>(({ schema }) => (value) => {
    const checked = schema.safeParse(value, { error: issueText })
    return checked.success ? { value: checked.data } : { error: checked.error }
  })
  app.setSerializerCompiler(serializerCompiler)
  app.removeContentTypeParser('text/plain')
  answerWithProblems(app)
  refuseForeignOrigins(app, publicUrl)
  const secure = tls !== null || publicUrl?.protocol === 'https:'
  await registerPlugins(app, secure)

  const onlyOperator = operatorOnly(operator)
  healthRoutes(app, { telemetry: parts.telemetry, runCount: () => training.runs().length })
  errorRoutes(app)
  runRoutes(app, training, onlyOperator)
  runControlRoutes(app, training, onlyOperator)
  modelRoutes(app, training, parts.dataSets)
  blobRoutes(app, parts)
  dataSetRoutes(app, parts.dataSets)
  sessionRoutes(app, { operator, operatorOnly: onlyOperator, secure })
  await pageRoutes(app, parts.clientFolder)
  return app
}

async function registerPlugins(app: RouteApp, secure: boolean): Promise<void> {
  await app.register(cookie)
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: POLICY },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginEmbedderPolicy: { policy: 'require-corp' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    strictTransportSecurity: secure,
    referrerPolicy: { policy: 'no-referrer' },
  })
  await app.register(rateLimit, {
    max: REQUESTS_PER_MINUTE,
    timeWindow: 60_000,
    keyGenerator: ({ ip }) => limitedAs(ip),
    errorResponseBuilder: () => new CodedError('TOO_MANY_REQUESTS', 'Wait a minute and try again.'),
  })
  await app.register(compress, { encodings: ['gzip', 'identity'], threshold: 1024 })
  await app.register(swagger, {
    openapi: {
      info: { title: 'Quorate', description: 'The HTTP API of a coordinator', version: VERSION },
    },
    transform: documented,
  })
  await app.register(swaggerUi, { routePrefix: '/api/docs' })
}

/** A route as `/api/docs` shows it: each may also answer with a problem. */
const documented: typeof jsonSchemaTransform = (route) => {
  const response = { default: problem, ...(route.schema.response as object | undefined) }
  return jsonSchemaTransform({ ...route, schema: { ...route.schema, response } })
}

/** 'self' in connect-src covers the page's own WebSocket; peers are no matter of this policy. */
const POLICY = {
  'default-src': ["'self'"],
  'script-src': ["'self'", "'wasm-unsafe-eval'"],
  'worker-src': ["'self'", 'blob:'],
  'connect-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
}
