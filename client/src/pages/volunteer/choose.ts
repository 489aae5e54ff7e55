import type { RunView } from '@quorate/shared/api/api'

/** A run that needs this much is one to suggest. */
const SUGGESTED_FROM = 1

/** How much a run needs one more person; higher is more, below zero is not at all. */
function need(run: RunView): number {
  const { state, ready, settings } = run
  if (isFull(run) && state.kind !== 'finished' && !isHeldUp(run)) return 0
  switch (state.kind) {
    case 'waiting':
      return 1000 + state.need - state.have
    case 'calibrating':
    case 'training':
      return Math.max(SUGGESTED_FROM, 100 - (100 * ready) / Math.max(1, settings.shards))
    case 'created':
      return 0.5
    case 'paused':
      return isHeldUp(run) ? -0.5 : 0.2
    case 'finished':
      return -1
  }
}

function isHeldUp({ state }: RunView): boolean {
  return state.kind === 'paused' && state.by === 'fault'
}

/** Whether everybody that the run's method has a place for is there. */
export function isFull({ places, contributors }: RunView): boolean {
  return places !== null && contributors >= places
}

/** Whether to ask people for their help: not where there is no place, nor uninvited, nor before the start. */
export function isSuggested(run: RunView): boolean {
  return !run.inviteOnly && need(run) >= SUGGESTED_FROM
}

/** Runs with the one that needs people most first; equal need keeps the newer one ahead. */
export function byNeed(runs: readonly RunView[]): RunView[] {
  return [...runs].sort((a, b) => need(b) - need(a) || b.createdAtMs - a.createdAtMs)
}

/** Whether joining leads anywhere, if only to a wait: not where the run is over or held up by a fault. */
export function mayJoin(run: RunView): boolean {
  return need(run) >= 0
}

export interface NextRun {
  readonly kind: 'again' | 'other'
  readonly run: RunView
}

/** What to offer to somebody whose run is over: the same one trained anew, or who needs people. */
export function nextRun(over: RunView, runs: readonly RunView[]): NextRun | null {
  const atWork = byNeed(runs).filter((run) => run.id !== over.id && isSuggested(run))
  const again = atWork.find(
    (run) => run.createdAtMs >= over.createdAtMs && sameButSeed(run) === sameButSeed(over),
  )
  if (again) return { kind: 'again', run: again }
  const [other] = atWork
  return other ? { kind: 'other', run: other } : null
}

function sameButSeed({ settings }: RunView): string {
  return JSON.stringify({ ...settings, seed: 0 })
}

export type Choice =
  | { readonly kind: 'none' }
  | { readonly kind: 'run'; readonly run: RunView }
  | { readonly kind: 'list'; readonly runs: readonly RunView[] }
  | { readonly kind: 'missing' }

/** What `/` and `/run/<id>` show. A lone run that is not over is shown at once. */
export function choose(path: string, runs: readonly RunView[]): Choice {
  const id = /^\/run\/([^/]+)\/?$/.exec(path)?.[1]
  if (id !== undefined) {
    const run = runs.find((one) => one.id === decodeURIComponent(id))
    return run ? { kind: 'run', run } : { kind: 'missing' }
  }
  const [first, second] = byNeed(runs)
  if (!first) return { kind: 'none' }
  const alone = !second || (need(first) >= 0 && need(second) < 0)
  return alone && path !== '/runs'
    ? { kind: 'run', run: first }
    : { kind: 'list', runs: byNeed(runs) }
}
