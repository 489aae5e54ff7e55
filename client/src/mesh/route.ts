import type { EdgeRoute } from './signalling.ts'

/** What the reports of `RTCPeerConnection.getStats` say that matters here. */
export interface Report {
  readonly type: string
  readonly selectedCandidatePairId?: string
  /** Firefox says it on the pair itself. */
  readonly selected?: boolean
  readonly nominated?: boolean
  readonly state?: string
  readonly localCandidateId?: string
  readonly remoteCandidateId?: string
  readonly candidateType?: string
}

/** Which way a connection goes; null where that cannot be told: not yet connected, or closed. */
export async function routeOf(connection: RTCPeerConnection): Promise<EdgeRoute | null> {
  try {
    return routeIn(await connection.getStats())
  } catch {
    // Closed in between: there is no way any more.
    return null
  }
}

/** By way of TURN where either end of the pair of candidates in use is a relay's. */
export function routeIn(reports: ReadonlyMap<string, Report>): EdgeRoute | null {
  const pair = selectedPair(reports)
  if (!pair) return null
  const ends = [pair.localCandidateId, pair.remoteCandidateId]
  const types = ends.map((id) => reports.get(id ?? '')?.candidateType)
  return types.includes('relay') ? 'turn' : 'direct'
}

function selectedPair(reports: ReadonlyMap<string, Report>): Report | undefined {
  const all = [...reports.values()]
  const chosen = all.find(({ type, selectedCandidatePairId }) => {
    return type === 'transport' && selectedCandidatePairId !== undefined
  })
  if (chosen) return reports.get(chosen.selectedCandidatePairId ?? '')
  const pairs = all.filter(({ type }) => type === 'candidate-pair')
  return (
    pairs.find(({ selected }) => selected === true) ??
    pairs.find(({ nominated, state }) => nominated === true && state === 'succeeded')
  )
}
