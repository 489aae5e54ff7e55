import { z } from 'zod'
import { ERRORS } from '../errors.ts'
import type { RouteApp } from './route-app.ts'

const errorsAnswer = z.strictObject({
  errors: z.array(z.strictObject({ code: z.string(), status: z.int(), title: z.string() })),
})

/** What the `type` of a problem document points to. */
export function errorRoutes(app: RouteApp): void {
  app.get(
    '/api/errors',
    { schema: { summary: 'All error codes', response: { 200: errorsAnswer } } },
    async () => ({
      errors: Object.entries(ERRORS).map(([code, { status, title }]) => ({ code, status, title })),
    }),
  )
}
