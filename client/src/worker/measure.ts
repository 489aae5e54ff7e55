import type { Clock } from '@quorate/shared/clock/clock'
import type { BackendName } from '@quorate/shared/protocol/messages'
import type { BackendReport } from '../session/ports.ts'
import { TrainerError } from '../trainer/errors.ts'

/** What can be measured. */
export type TrainingBackend = Exclude<BackendName, 'none'>

/** How the measurement reaches the backends. */
export interface Bench {
  /** Makes `name` the backend in use; a string says why it cannot be. May reject. */
  open(name: TrainingBackend, forced: boolean): Promise<string | null>
  /** One training step on `records` records with the backend in use. */
  step(records: number): Promise<void>
  /** Frees what `name` holds. */
  drop(name: TrainingBackend): void
}

export interface MeasureOptions {
  readonly clock: Clock
  /** Milliseconds, finer than the clock's. */
  readonly nowMs: () => number
  /** Records in a training step. */
  readonly batch: number
  readonly forced: TrainingBackend | null
}

/** In the order in which they are likely to win, so that the budget goes to those. */
const CANDIDATES: readonly TrainingBackend[] = ['webgpu', 'wasm', 'webgl', 'cpu']
const LABELS: Readonly<Record<TrainingBackend, string>> = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'wasm',
  cpu: 'CPU',
}
/** For the steps of one backend once it is warm; a size that would likely exceed it is not begun. */
const BUDGET_MS = 1500
/** A step is timed so often, for the least: the first of a size may compile. */
const REPEATS = 2
/** As often again where it is a whole batch, as far as the budget goes. */
const MORE_REPEATS = 4
/** From one batch size to the next. */
const GROWTH = 4
/** A backend that does not start, or hangs in a step, is given up. */
const BACKEND_DEADLINE_MS = 20_000
/** The one that was asked for has no substitute: it may be slow to start on a busy machine. */
const FORCED_DEADLINE_MS = 120_000

type Outcome =
  | { readonly kind: 'works'; readonly name: TrainingBackend; readonly stepMs: number }
  | { readonly kind: 'fails'; readonly name: TrainingBackend; readonly detail: string }

/**
 * Times a few training steps on every backend that works here, leaves the fastest one open and
 * says why. A forced one is the only one tried.
 *
 * @throws TrainerError NO_BACKEND, or BACKEND_CANNOT_TRAIN when one was forced.
 */
export async function fastestBackend(
  bench: Bench,
  options: MeasureOptions,
): Promise<BackendReport & { backend: TrainingBackend }> {
  const { forced } = options
  const outcomes: Outcome[] = []
  for (const name of forced ? [forced] : CANDIDATES) {
    outcomes.push(await within(options, name, () => time(bench, name, options)))
  }
  const works = outcomes.filter((outcome) => outcome.kind === 'works')
  const [best, ...slower] = works.toSorted((a, b) => a.stepMs - b.stepMs)
  for (const { name } of outcomes) if (name !== best?.name) bench.drop(name)
  const fails = outcomes.filter((outcome) => outcome.kind === 'fails')
  if (!best) {
    const detail = fails.map(({ name, detail }) => `${LABELS[name]}: ${detail}`).join('; ')
    throw new TrainerError(forced ? 'BACKEND_CANNOT_TRAIN' : 'NO_BACKEND', detail)
  }
  if (outcomes.at(-1)?.name !== best.name) await bench.open(best.name, forced !== null)
  return {
    backend: best.name,
    stepMs: Object.fromEntries(works.map(({ name, stepMs }) => [name, stepMs])),
    why: sentence(best, { slower, fails, forced: forced !== null }),
  }
}

/**
 * Warms up and times steps of growing size, as far as the budget goes; where that does not reach
 * a whole batch, the line through the last two sizes does.
 */
async function time(
  bench: Bench,
  name: TrainingBackend,
  { nowMs, batch, forced }: MeasureOptions,
): Promise<Outcome> {
  const obstacle = await bench.open(name, forced !== null)
  if (obstacle !== null) return { kind: 'fails', name, detail: obstacle }
  const timed = async (records: number) => {
    const startMs = nowMs()
    await bench.step(records)
    return nowMs() - startMs
  }
  const leastOf = async (records: number) => {
    let leastMs = Infinity
    for (let i = 0; i < REPEATS; i++) leastMs = Math.min(leastMs, await timed(records))
    return leastMs
  }
  await bench.step(1)
  const endMs = nowMs() + BUDGET_MS
  let records = 1
  let stepMs = await leastOf(records)
  let recordMs = stepMs
  while (records < batch) {
    const more = Math.min(batch, records * GROWTH)
    if (nowMs() + REPEATS * (stepMs + recordMs * (more - records)) > endMs) break
    const moreMs = await leastOf(more)
    recordMs = Math.max(0, (moreMs - stepMs) / (more - records))
    stepMs = moreMs
    records = more
  }
  for (let i = 0; i < MORE_REPEATS && records === batch && nowMs() + stepMs < endMs; i++) {
    stepMs = Math.min(stepMs, await timed(batch))
  }
  return { kind: 'works', name, stepMs: round(stepMs + recordMs * (batch - records)) }
}

/** The outcome of `run`, or a failure when it rejects or does not end. */
function within(
  { clock, forced }: MeasureOptions,
  name: TrainingBackend,
  run: () => Promise<Outcome>,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const fail = (detail: string) => resolve({ kind: 'fails', name, detail })
    const deadlineMs = forced ? FORCED_DEADLINE_MS : BACKEND_DEADLINE_MS
    const cancel = clock.after(deadlineMs, () => fail('it does not answer'))
    run()
      .then(resolve, (error: unknown) =>
        fail(error instanceof Error ? error.message : String(error)),
      )
      .finally(cancel)
  })
}

function sentence(
  best: Outcome & { kind: 'works' },
  others: {
    slower: readonly (Outcome & { kind: 'works' })[]
    fails: readonly (Outcome & { kind: 'fails' })[]
    forced: boolean
  },
): string {
  const { slower, fails, forced } = others
  const took = slower.map(({ name, stepMs }) => `${LABELS[name]} took ${shown(stepMs)}`).join(', ')
  const cannot = fails.map(({ name, detail }) => `${LABELS[name]}: ${detail}`)
  const asked = forced ? ', as asked for' : ''
  const first = `${LABELS[best.name]}${asked}: ${shown(best.stepMs)} a step`
  return [first, ...(took ? [took] : []), ...cannot].join('; ')
}

function shown(ms: number): string {
  if (ms >= 1000) return `${ms < 9950 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} s`
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
