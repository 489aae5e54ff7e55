import type { ContributorView } from '@quorate/shared/api/api'

/** The ways that ballot slices go, as shares that add up to 1. */
export interface Ways {
  readonly direct: number
  readonly turn: number
  /** Over the WebSocket, through this server. */
  readonly server: number
}

/** Of all slices that those present have sent since they joined; null before the first. */
export function waysOf(contributors: readonly Pick<ContributorView, 'traffic'>[]): Ways | null {
  let [direct, turn, server] = [0, 0, 0]
  for (const { traffic } of contributors) {
    direct += traffic.slicesDirect
    turn += traffic.slicesTurn
    server += traffic.slicesRelayed + traffic.slicesAlone
  }
  const all = direct + turn + server
  return all === 0 ? null : { direct: direct / all, turn: turn / all, server: server / all }
}
