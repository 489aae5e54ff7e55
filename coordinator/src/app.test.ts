import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { problem } from '@quorate/shared/api/api'
import { demoSettings } from '@quorate/shared/run/settings'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { appOfTests } from './testing/app-of-tests.ts'
import { ERRORS } from './errors.ts'
import { runOfTests } from './testing/app-of-tests.ts'
import { VERSION } from './version.ts'

let under: Awaited<ReturnType<typeof appOfTests>>
beforeEach(async () => {
  under = await appOfTests()
})
afterEach(() => under.close())

const get = (url: string, headers: Record<string, string> = {}) =>
  under.app.inject({ method: 'GET', url, headers })

async function signIn(): Promise<Record<string, string>> {
  const token = await under.operator.issueLink()
  const answer = await under.app.inject({ method: 'POST', url: '/api/session', payload: { token } })
  expect(answer.statusCode).toBe(200)
  return Object.fromEntries(answer.cookies.map(({ name, value }) => [name, value]))
}

/** The problem document of a refusal, checked for its form. */
function codeOf(answer: { body: string; headers: Record<string, unknown>; statusCode: number }) {
  expect(answer.headers['content-type']).toContain('application/problem+json')
  const parsed = problem.parse(JSON.parse(answer.body))
  expect(parsed.status).toBe(answer.statusCode)
  expect(parsed.type).toBe(`/api/errors#${parsed.code}`)
  return parsed.code
}

describe('reading', () => {
  test('the runs are public', async () => {
    expect((await get('/api/runs')).json()).toEqual({ runs: [runOfTests] })
    expect((await get('/api/runs/abc')).json()).toEqual(runOfTests)
    for (const noun of ['metrics', 'contributors', 'checkpoints', 'shards']) {
      expect((await get(`/api/runs/abc/${noun}`)).statusCode, noun).toBe(200)
      expect(codeOf(await get(`/api/runs/xyz/${noun}`)), noun).toBe('RUN_NOT_FOUND')
    }
  })

  test('metrics take a range and refuse a wrong one', async () => {
    await get('/api/runs/abc/metrics?from=5&to=9&limit=2')
    expect(under.training.calls).toEqual(['metrics {"from":5,"to":9,"limit":2}'])
    const wrong = await get('/api/runs/abc/metrics?limit=0')
    expect(codeOf(wrong)).toBe('BAD_REQUEST')
    expect(wrong.json<{ issues: unknown[] }>().issues).toHaveLength(1)
  })

  test('the ledger is bytes', async () => {
    const answer = await get('/api/runs/abc/ledger?from=7')
    expect([...answer.rawPayload]).toEqual([7, 1, 2])
  })

  test('data sets that cannot be read are left out', async () => {
    const { dataSets } = (await get('/api/data-sets')).json<{ dataSets: unknown[] }>()
    const tiny = {
      id: 'tiny',
      name: 'Tiny',
      records: 3,
      testRecords: 1,
      input: [1, 2, 1],
      classes: 2,
    }
    expect(dataSets).toEqual([tiny])
  })

  test('health, figures, errors and the description of the API', async () => {
    expect((await get('/healthz')).json()).toEqual({ status: 'ok', version: VERSION, runs: 1 })
    const metrics = (await get('/metrics')).body
    expect(metrics).toContain('quorate_round{run="abc"} 3')
    expect(metrics).toContain('nodejs_eventloop_lag_seconds')
    expect((await get('/api/errors')).json<{ errors: unknown[] }>().errors).toHaveLength(
      Object.keys(ERRORS).length,
    )
    await under.app.ready()
    const { paths } = under.app.swagger() as { paths: Record<string, unknown> }
    expect(Object.keys(paths)).toContain('/api/runs/{id}/metrics')
    expect((await get('/api/docs/json')).statusCode).toBe(200)
    expect((await get('/api/docs')).statusCode).toBeLessThan(400)
  })

  test('what is not there is a problem, not a page', async () => {
    expect(codeOf(await get('/api/nothing'))).toBe('NOT_FOUND')
    expect(codeOf(await get('/'))).toBe('NOT_FOUND')
  })
})

describe('blobs', () => {
  const shown = async (bytes: Uint8Array, kind: 'chunk' | 'checkpoint') => {
    const digest = await under.blobs.put(bytes)
    under.store.publicBlob = async (asked) => (asked === digest ? { kind } : null)
    return `/api/blobs/${digest}`
  }

  test('a chunk is served for ever, compressed where it is taken', async () => {
    const bytes = new Uint8Array(5000).fill(3)
    const url = await shown(bytes, 'chunk')
    const plain = await get(url)
    expect(new Uint8Array(plain.rawPayload)).toEqual(bytes)
    expect(plain.headers['cache-control']).toContain('immutable')
    const packed = await get(url, { 'accept-encoding': 'gzip, br' })
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(packed.rawPayload.length).toBeLessThan(200)
    expect(new Uint8Array(gunzipSync(packed.rawPayload))).toEqual(bytes)
    const known = await get(url, { 'if-none-match': String(plain.headers['etag']) })
    expect(known.statusCode).toBe(304)
  })

  test('a checkpoint is served as it lies', async () => {
    const bytes = new Uint8Array(5000).fill(3)
    const answer = await get(await shown(bytes, 'checkpoint'), { 'accept-encoding': 'gzip' })
    expect(answer.headers['content-encoding']).toBeUndefined()
    expect(new Uint8Array(answer.rawPayload)).toEqual(bytes)
  })

  test('a blob that no run shows is not found, though it is there', async () => {
    const digest = await under.blobs.put(new Uint8Array([1]))
    expect(codeOf(await get(`/api/blobs/${digest}`))).toBe('BLOB_NOT_FOUND')
    expect(codeOf(await get('/api/blobs/..%2f..%2fquorate.db'))).toBe('BLOB_NOT_FOUND')
  })

  test('a damaged one is a problem that says nothing of the inside', async () => {
    under.store.publicBlob = async () => ({ kind: 'checkpoint' })
    under.blobs.get = () => Promise.reject(new Error('/secret/path'))
    const answer = await get(`/api/blobs/${'0'.repeat(64)}`)
    expect(codeOf(answer)).toBe('INTERNAL')
    expect(answer.body).not.toContain('secret')
  })
})

describe('what goes wrong', () => {
  test('another method at a known address is 405 and says which are allowed', async () => {
    const wrong = await under.app.inject({ method: 'PUT', url: '/api/runs?x=1' })
    expect(codeOf(wrong)).toBe('METHOD_NOT_ALLOWED')
    expect(wrong.headers['allow']).toBe('GET, HEAD, POST')
    const run = await under.app.inject({ method: 'PATCH', url: '/api/runs/abc' })
    expect(run.headers['allow']).toBe('DELETE, GET, HEAD')
    expect(codeOf(await under.app.inject({ method: 'GET', url: '/api/runs/abc/start' }))).toBe(
      'METHOD_NOT_ALLOWED',
    )
  })

  test('an address that is not there is a page for a browser, with nothing of it inside', async () => {
    const page = await get('/nope%3Cscript%3E', { accept: 'text/html,*/*' })
    expect([page.statusCode, page.headers['content-type']]).toEqual([
      404,
      'text/html; charset=utf-8',
    ])
    expect(page.body).toContain('There is nothing at this address')
    expect(page.body).not.toContain('script')
    expect(page.body).toContain('<meta name="color-scheme" content="light dark">')
    expect(codeOf(await get('/api/nope', { accept: 'text/html' }))).toBe('NOT_FOUND')
  })

  test('a value that does not pass is named, with what is allowed', async () => {
    const of = async (query: string) =>
      problem.parse((await get(`/api/runs/abc/metrics?${query}`)).json()).detail
    expect(await of('limit=0')).toBe('limit must be at least 1.')
    expect(await of('limit=1e9&from=x')).toBe('from must be a number; limit must be at most 10000.')
  })

  test('is documented at every route, and every route says what it is', async () => {
    const { paths } = (await get('/api/docs/json')).json<{
      paths: Record<string, Record<string, { summary?: string; responses: object }>>
    }>()
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, route]) => ({ name: `${method} ${path}`, ...route })),
    )
    expect(routes.length).toBeGreaterThan(25)
    for (const { name, summary, responses } of routes) {
      expect(summary, name).toMatch(/^[A-Z]/)
      expect(Object.keys(responses), name).toContain('default')
    }
  })
})

describe('the operator', () => {
  const changes = [
    ['POST', '/api/runs', demoSettings],
    ['POST', '/api/runs/preview', demoSettings],
    ['POST', '/api/runs/abc/start', undefined],
    ['POST', '/api/runs/abc/pause', undefined],
    ['POST', '/api/runs/abc/resume', undefined],
    ['POST', '/api/runs/abc/stop', undefined],
    ['POST', '/api/runs/abc/again', undefined],
    ['DELETE', '/api/runs/abc', undefined],
    ['POST', '/api/runs/abc/contributors/3/kick', { ban: true }],
    ['POST', '/api/runs/abc/invite', { on: true }],
  ] as const
  const ask = (
    [method, url, payload]: readonly [string, string, object | undefined],
    more: { cookies?: Record<string, string>; headers?: Record<string, string> } = {},
  ) => under.app.inject({ method: method as 'POST', url, ...(payload && { payload }), ...more })

  test('alone reads the events', async () => {
    const events = ['GET', '/api/runs/abc/events', undefined] as const
    expect(codeOf(await ask(events))).toBe('SIGN_IN_NEEDED')
    expect((await ask(events, { cookies: await signIn() })).json()).toEqual({ events: [] })
  })

  test('is asked for before anything of the request is looked at', async () => {
    const bare = { method: 'POST', url: '/api/runs', payload: {} } as const
    expect(codeOf(await under.app.inject(bare))).toBe('SIGN_IN_NEEDED')
  })

  test('alone changes runs', async () => {
    for (const change of changes) expect(codeOf(await ask(change))).toBe('SIGN_IN_NEEDED')
    expect(under.training.calls).toEqual([])
    const cookies = await signIn()
    for (const change of changes) {
      const { statusCode, body } = await ask(change, { cookies })
      expect(statusCode, `${change[1]} ${body}`).toBeLessThan(300)
    }
    expect(under.training.calls).toEqual(
      'create,preview,start,pause,resume,stop,again,remove,kick 3 true,invite true'.split(','),
    )
  })

  test('gets the cookie HttpOnly and SameSite=Strict, Secure where the page is on HTTPS', async () => {
    const cookieOf = async (each: typeof under) => {
      const payload = { token: await each.operator.issueLink() }
      const answer = await each.app.inject({ method: 'POST', url: '/api/session', payload })
      return String(answer.headers['set-cookie'])
    }
    expect(await cookieOf(under)).toMatch(/HttpOnly; SameSite=Strict$/)
    const other = await appOfTests({ publicUrl: new URL('https://example.org') })
    expect(await cookieOf(other)).toMatch(/HttpOnly; Secure; SameSite=Strict$/)
    await other.close()
  })

  test('cannot use a link twice, and after signing out is nobody', async () => {
    const token = await under.operator.issueLink()
    const post = () => ask(['POST', '/api/session', { token }])
    const first = await post()
    expect(first.json()).toEqual({ operator: true, hasPassword: false, version: VERSION })
    expect(codeOf(await post())).toBe('SIGN_IN_REFUSED')
    const cookies = Object.fromEntries(first.cookies.map(({ name, value }) => [name, value]))
    const session = async () =>
      (await under.app.inject({ method: 'GET', url: '/api/session', cookies })).json<{
        operator: boolean
      }>().operator
    expect(await session()).toBe(true)
    expect((await ask(['DELETE', '/api/session', undefined], { cookies })).statusCode).toBe(204)
    expect(await session()).toBe(false)
  })

  test('sets a password only when signed in, and signs in with it', async () => {
    const put = ['PUT', '/api/session/password', { password: 'correct horse' }] as const
    expect(codeOf(await ask(put))).toBe('SIGN_IN_NEEDED')
    const cookies = await signIn()
    const short = ['PUT', '/api/session/password', { password: 'short' }] as const
    expect(codeOf(await ask(short, { cookies }))).toBe('BAD_REQUEST')
    expect((await ask(put, { cookies })).statusCode).toBe(204)
    const answer = await ask(['POST', '/api/session', { password: 'correct horse' }])
    expect(answer.json()).toMatchObject({ operator: true, hasPassword: true })
  })

  test('has ten tries a minute', async () => {
    const post = () => ask(['POST', '/api/session', { token: 'wrong' }])
    for (let i = 0; i < 10; i++) expect(codeOf(await post())).toBe('SIGN_IN_REFUSED')
    expect(codeOf(await post())).toBe('TOO_MANY_ATTEMPTS')
  })

  test('has no more tries by making addresses up behind a proxy', async () => {
    const behind = await appOfTests({ trustProxy: true })
    const codes: number[] = []
    for (let i = 0; i < 11; i++) {
      const headers = { 'x-forwarded-for': `9.9.9.${i}, 192.0.2.1` }
      const payload = { token: 'wrong' }
      const answer = await behind.app.inject({
        method: 'POST',
        url: '/api/session',
        payload,
        headers,
      })
      codes.push(answer.statusCode)
    }
    expect(codes.slice(9)).toEqual([401, 429])
    await behind.close()
  })

  test('is not impersonated by a page of another site', async () => {
    const cookies = await signIn()
    const start = changes[2]
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      expect(codeOf(await ask(start, { cookies, headers }))).toBe('FOREIGN_ORIGIN')
    }
    const own = { origin: 'http://localhost:8080', host: 'localhost:8080' }
    expect((await ask(start, { cookies, headers: own })).statusCode).toBe(200)
  })

  test('is told which settings do not pass', async () => {
    const cookies = await signIn()
    const settings = { ...demoSettings, shards: 0, partition: { kind: 'dirichlet', alpha: 0 } }
    const answer = await ask(['POST', '/api/runs', settings], { cookies })
    expect(codeOf(answer)).toBe('RUN_SETTINGS')
    const { issues } = problem.parse(answer.json())
    expect(issues?.map(({ path }) => path)).toEqual(['partition.alpha', 'shards'])
  })

  test('cannot be served bodies that are not JSON, too long or broken', async () => {
    const cookies = await signIn()
    const post = (type: string, payload: string) =>
      under.app.inject({
        method: 'POST',
        url: '/api/runs',
        cookies,
        headers: { 'content-type': type },
        payload,
      })
    expect(codeOf(await post('text/plain', '{}'))).toBe('UNSUPPORTED_MEDIA_TYPE')
    expect(codeOf(await post('application/json', '{'))).toBe('BAD_REQUEST')
    expect(codeOf(await post('application/json', `"${'x'.repeat(70_000)}"`))).toBe('TOO_LARGE')
  })
})

describe('the model', () => {
  test('is a safetensors file that reads back', async () => {
    const answer = await get('/api/runs/abc/model')
    expect(answer.headers['content-disposition']).toContain('quorate-abc-round-3.safetensors')
    const bytes = answer.rawPayload
    const headerBytes = Number(bytes.readBigUInt64LE(0))
    const header = JSON.parse(bytes.subarray(8, 8 + headerBytes).toString()) as Record<
      string,
      { shape: number[]; data_offsets: [number, number] }
    >
    expect(headerBytes % 8).toBe(0)
    expect(header['__metadata__']).toMatchObject({ round: '3', run: 'abc' })
    const valuesOf = (name: string) => {
      const [from, to] = header[name]?.data_offsets ?? [0, 0]
      const data = bytes.subarray(8 + headerBytes + from, 8 + headerBytes + to)
      return Array.from({ length: data.length / 4 }, (_, index) => data.readFloatLE(4 * index))
    }
    expect(header['dense1.weight']?.shape).toEqual([2, 2])
    expect(valuesOf('dense1.weight')).toEqual([1, 2, 3, 4])
    expect(valuesOf('dense1.bias')).toEqual([5, 6])
    expect(bytes).toHaveLength(8 + headerBytes + 24)
  })

  test('is a tfjs model with its weights beside it', async () => {
    const model = (await get('/api/runs/abc/model/model.json')).json<{
      weightsManifest: { paths: string[]; weights: { name: string; shape: number[] }[] }[]
    }>()
    expect(model.weightsManifest[0]?.paths).toEqual(['weights.bin'])
    expect(model.weightsManifest[0]?.weights).toEqual([
      { name: 'dense1/kernel', shape: [2, 2], dtype: 'float32' },
      { name: 'dense1/bias', shape: [2], dtype: 'float32' },
    ])
    const weights = (await get('/api/runs/abc/model/weights.bin')).rawPayload
    expect(weights.readFloatLE(20)).toBe(6)
  })
})

describe('the pages', () => {
  test('come with their policy, assets for ever', async () => {
    const clientFolder = await mkdtemp(join(tmpdir(), 'quorate-client-'))
    await mkdir(join(clientFolder, 'assets'))
    await writeFile(join(clientFolder, 'index.html'), 'volunteer')
    await writeFile(join(clientFolder, 'operator.html'), 'operator')
    await writeFile(join(clientFolder, 'assets', 'a-1234.js'), 'x')
    const served = await appOfTests({ clientFolder })
    const ask = (url: string) => served.app.inject({ method: 'GET', url })
    for (const url of ['/', '/runs', '/run/abc']) expect((await ask(url)).body).toBe('volunteer')
    for (const url of ['/operator', '/operator/sign-in?token=x', '/operator/runs/abc']) {
      expect((await ask(url)).body, url).toBe('operator')
    }
    const { headers } = await ask('/')
    expect(headers['cache-control']).toBe('no-cache')
    expect(headers['cross-origin-opener-policy']).toBe('same-origin')
    expect(headers['cross-origin-embedder-policy']).toBe('require-corp')
    const policy = String(headers['content-security-policy'])
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'")
    expect(policy).toContain("worker-src 'self' blob:")
    expect(policy).not.toContain('upgrade-insecure-requests')
    expect(headers['strict-transport-security']).toBeUndefined()
    const asset = await ask('/assets/a-1234.js')
    expect(asset.headers['cache-control']).toContain('immutable')
    expect(asset.headers['cross-origin-embedder-policy']).toBe('require-corp')
    expect((await ask('/assets/b.js')).statusCode).toBe(404)
    expect((await ask('/../package.json')).statusCode).toBe(404)
    await served.close()
    await rm(clientFolder, { recursive: true })
  })
})

test('the version is that of the package', async () => {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8')
  expect((JSON.parse(text) as { version: string }).version).toBe(VERSION)
})
