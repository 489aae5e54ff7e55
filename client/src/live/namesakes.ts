import type { RunView } from '@quorate/shared/api/api'

/** Ids of the runs whose name another one has too: a list says of them when they were made. */
export function namesakes(runs: readonly RunView[]): ReadonlySet<string> {
  const first = new Map<string, string>()
  const shared = new Set<string>()
  for (const { id, settings } of runs) {
    const before = first.get(settings.name)
    if (before === undefined) first.set(settings.name, id)
    else shared.add(before).add(id)
  }
  return shared
}
