import {
  checkpointsAnswer,
  contributorsAnswer,
  dataSetsAnswer,
  eventsAnswer,
  inviteAnswer,
  metricsAnswer,
  previewAnswer,
  problem,
  runsAnswer,
  runView,
  sessionAnswer,
  type RoundMetrics,
} from '@quorate/shared/api/api'
import type { RunSettings } from '@quorate/shared/run/settings'
import { common } from '../words/en/common.ts'

export interface Issue {
  readonly path: string
  readonly message: string
}

/** A request that came to nothing; `code` is the server's, or NETWORK or GARBLED_ANSWER. */
export class ApiError extends Error {
  readonly code: string
  readonly status: number | null
  readonly issues: readonly Issue[]

  constructor(options: {
    code: string
    detail: string
    status?: number
    issues?: readonly Issue[]
    cause?: unknown
  }) {
    super(options.detail, { cause: options.cause })
    this.name = 'ApiError'
    this.code = options.code
    this.status = options.status ?? null
    this.issues = options.issues ?? []
  }
}

/** A sentence for a person, whatever went wrong. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

export type RunAction = 'start' | 'pause' | 'resume' | 'stop' | 'again'
export type Credentials = { readonly token: string } | { readonly password: string }

const REQUEST_DEADLINE_MS = 20_000
const METRICS_LIMIT = 5000
const EVENTS_LIMIT = 200

/** What the answers' schemas of shared can do. */
interface Schema<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false; error: unknown }
}

const nothing: Schema<null> = { safeParse: () => ({ success: true, data: null }) }
const run = (id: string) => `/api/runs/${encodeURIComponent(id)}`

/** The coordinator's HTTP API; every function rejects with an ApiError. */
export const api = {
  session: () => ask('GET', '/api/session', sessionAnswer),
  signIn: (credentials: Credentials) => ask('POST', '/api/session', sessionAnswer, credentials),
  signOut: () => ask('DELETE', '/api/session', nothing),
  setPassword: (password: string) => ask('PUT', '/api/session/password', nothing, { password }),

  dataSets: async () => (await ask('GET', '/api/data-sets', dataSetsAnswer)).dataSets,
  runs: async () => (await ask('GET', '/api/runs', runsAnswer)).runs,
  run: (id: string) => ask('GET', run(id), runView),
  create: (settings: RunSettings) => ask('POST', '/api/runs', runView, settings),
  preview: (settings: RunSettings) => ask('POST', '/api/runs/preview', previewAnswer, settings),
  act: (id: string, action: RunAction) => ask('POST', `${run(id)}/${action}`, runView),
  remove: (id: string) => ask('DELETE', run(id), nothing),

  metrics: async (id: string) =>
    (await ask('GET', `${run(id)}/metrics?limit=${METRICS_LIMIT}`, metricsAnswer)).rounds,
  contributors: async (id: string) =>
    (await ask('GET', `${run(id)}/contributors`, contributorsAnswer)).contributors,
  events: async (id: string) =>
    (await ask('GET', `${run(id)}/events?limit=${EVENTS_LIMIT}`, eventsAnswer)).events,
  checkpoints: async (id: string) =>
    (await ask('GET', `${run(id)}/checkpoints`, checkpointsAnswer)).checkpoints,
  invite: async (id: string) => (await ask('GET', `${run(id)}/invite`, inviteAnswer)).code,
  setInvite: async (id: string, on: boolean) =>
    (await ask('POST', `${run(id)}/invite`, inviteAnswer, { on })).code,
  kick: (id: string, contributor: number, ban: boolean) =>
    ask('POST', `${run(id)}/contributors/${contributor}/kick`, nothing, { ban }),
} as const

export type DataSet = Awaited<ReturnType<typeof api.dataSets>>[number]

/** Rounds asked for at a time; below METRICS_LIMIT, so that nothing is left out. */
const METRICS_BLOCK = 4000

/** The figures of every round up to `round`, oldest first; rejects with an ApiError. */
export async function allMetrics(id: string, round: number): Promise<RoundMetrics[]> {
  const byRound = new Map<number, RoundMetrics>()
  for (let from = 0; from <= round; from += METRICS_BLOCK) {
    const range = `from=${from}&to=${from + METRICS_BLOCK}&limit=${METRICS_LIMIT}`
    const { rounds } = await ask('GET', `${run(id)}/metrics?${range}`, metricsAnswer)
    for (const metrics of rounds) byRound.set(metrics.round, metrics)
  }
  return [...byRound.values()].sort((a, b) => a.round - b.round)
}

/** Links to files that the browser downloads by itself. */
export const fileUrls = {
  safetensors: (id: string) => `${run(id)}/model`,
  tfjsModel: (id: string) => `${run(id)}/model/model.json`,
  tfjsWeights: (id: string) => `${run(id)}/model/weights.bin`,
} as const

type Verb = 'GET' | 'POST' | 'PUT' | 'DELETE'

async function ask<T>(method: Verb, url: string, schema: Schema<T>, body?: unknown): Promise<T> {
  const response = await send(method, url, body)
  const answer = await readJson(response)
  if (!response.ok) throw refusal(response, answer)
  const parsed = schema.safeParse(answer)
  if (!parsed.success) throw garbled(response, parsed.error)
  return parsed.data
}

async function send(method: Verb, url: string, body: unknown): Promise<Response> {
  const init: RequestInit = { method, signal: AbortSignal.timeout(REQUEST_DEADLINE_MS) }
  if (body !== undefined) {
    init.body = JSON.stringify(body)
    init.headers = { 'content-type': 'application/json' }
  }
  try {
    return await fetch(url, init)
  } catch (cause) {
    throw new ApiError({ code: 'NETWORK', detail: common.errors.network, cause })
  }
}

async function readJson(response: Response): Promise<unknown> {
  if (response.status === 204) return null
  try {
    return await response.json()
  } catch (cause) {
    throw garbled(response, cause)
  }
}

function refusal(response: Response, answer: unknown): ApiError {
  const parsed = problem.safeParse(answer)
  if (!parsed.success) return garbled(response, parsed.error)
  const { code, detail, issues } = parsed.data
  return new ApiError({ code, detail, status: response.status, issues: issues ?? [] })
}

function garbled(response: Response, cause: unknown): ApiError {
  return new ApiError({
    code: 'GARBLED_ANSWER',
    detail: common.errors.garbled,
    status: response.status,
    cause,
  })
}
