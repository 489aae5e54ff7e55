import type { RunView } from '@quorate/shared/api/api'

/** How much a run needs one more person; higher is more, below zero is not at all. */
function need({ state, ready, settings }: RunView): number {
  switch (state.kind) {
    case 'waiting':
      return 1000 + state.need - state.have
    case 'calibrating':
    case 'training':
      return Math.max(1, 100 - (100 * ready) / Math.max(1, settings.shards))
    case 'created':
      return 0.5
    case 'paused':
      return state.by === 'operator' ? 0.2 : -0.5
    case 'finished':
      return -1
  }
}

/** Runs with the one that needs people most first; equal need keeps the newer one ahead. */
export function byNeed(runs: readonly RunView[]): RunView[] {
  return [...runs].sort((a, b) => need(b) - need(a) || b.createdAtMs - a.createdAtMs)
}

/** Whether joining leads anywhere: not where the run is over, nor where a fault holds it up. */
export function mayJoin(run: RunView): boolean {
  return need(run) >= 0
}

export interface NextRun {
  readonly kind: 'again' | 'other'
  readonly run: RunView
}

/** What to offer to somebody whose run is over: the same one trained anew, or who needs people. */
export function nextRun(over: RunView, runs: readonly RunView[]): NextRun | null {
  const atWork = byNeed(runs).filter((run) => run.id !== over.id && need(run) >= 1)
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
