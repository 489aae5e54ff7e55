import type { RunSettings } from '@quorate/shared/run/settings'

/** What a contribution is likely to cost, said before anybody joins. */

const HOUR_MS = 3_600_000
/** Opening, settlement, heartbeat share and frame headers of one round. */
const ROUND_OVERHEAD_BYTES = 2500
/** The training code: tfjs with one backend, the mesh and the session. */
const CODE_BYTES = 900_000

/**
 * Bytes an hour, up and down together: my ballot out, about as much in as owner of a slice, my
 * slice's tally out (planes of Σw at 4 weights' worth, d/K of them), the verdict in.
 */
export function bytesPerHour(run: {
  d: number
  settings: Pick<RunSettings, 'groupSize' | 'minRoundMs'>
  roundMs: number | null
}): number | null {
  const { d, settings, roundMs } = run
  if (roundMs === null) return null
  const votes = d / 8
  const planes = Math.ceil(Math.log2(settings.groupSize + 1))
  const round = votes * (3 + planes / settings.groupSize) + ROUND_OVERHEAD_BYTES
  return (round * HOUR_MS) / Math.max(roundMs, settings.minRoundMs, 1)
}

/** Bytes before the first vote: code, checkpoint and this newcomer's part of the data. */
export function firstDownloadBytes(
  run: { d: number; contributors: number; settings: Pick<RunSettings, 'partition'> },
  data: { records: number; input: readonly [number, number, number] } | null,
): number {
  const [height, width, channels] = data?.input ?? [0, 0, 0]
  const dataBytes = (data?.records ?? 0) * (height * width * channels + 1)
  const sharers = run.settings.partition.kind === 'shared' ? 1 : run.contributors + 1
  return CODE_BYTES + 4 * run.d + dataBytes / sharers
}
