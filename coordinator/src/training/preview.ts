import type { Preview } from '@quorate/shared/api/api'
import { layoutOf } from '@quorate/shared/model/layout'
import type { DataShape } from '@quorate/shared/model/spec'
import { partition } from '@quorate/shared/partition/partition'
import type { RunSettings } from '@quorate/shared/run/settings'
import { blockCount, sliceRanges } from '@quorate/shared/tally/slices'
import { MAX_WEIGHT } from '@quorate/shared/methods/settings'
import { ballotPayloadBytes } from '@quorate/shared/wire/ballot'
import { planesFor } from '@quorate/shared/wire/bits'
import { HEADER_BYTES } from '@quorate/shared/wire/frame'

/** Columns of the heat map; more shards than this are added up. */
const MAX_COLUMNS = 50

/** What a run of these settings would be: its partition and its bytes per round. */
export function previewRun(
  settings: RunSettings,
  data: { shape: DataShape; labels: Uint8Array },
): Preview {
  const { shape, labels } = data
  const d = layoutOf(settings.model, shape).size
  const { shards, seed, block, groupSize } = settings
  const parts = partition(labels, settings.partition, shards, seed, shape.classes)
  const columns = Math.min(MAX_COLUMNS, parts.length)
  const heatMap = Array.from({ length: shape.classes }, () => new Array<number>(columns).fill(0))
  parts.forEach((records, shard) => {
    const column = Math.floor((shard * columns) / parts.length)
    for (const record of records) {
      const row = heatMap[labels[record] as number]
      if (row) row[column] = (row[column] ?? 0) + 1
    }
  })
  const weighted = settings.method.id === 'ef-vote'
  const slices = sliceRanges(d, block, groupSize)
  const ballotBytes = slices.reduce(
    (sum, slice) =>
      sum + HEADER_BYTES + ballotPayloadBytes(slice.end - slice.start, block, weighted),
    0,
  )
  return {
    d,
    heatMap,
    shardSizes: parts.map((records) => records.length),
    ballotBytes,
    verdictBytes: HEADER_BYTES + 8 + verdictBits(settings, d) / 8,
    tallyBytes: groupSize === 1 ? 0 : tallyBytes(settings, d),
    float32Bytes: 4 * d,
  }
}

function verdictBits(settings: RunSettings, d: number): number {
  switch (settings.method.id) {
    case 'signsgd-mv':
    case 'signum-mv':
      return 8 * Math.ceil(d / 8)
    case 'ef-vote':
      return 8 * (Math.ceil(d / 8) + blockCount(d, settings.block))
    case 'ssdm':
      return 8 * Math.ceil(d / 8) * planesFor(2 * settings.groupSize)
  }
}

/** One member's share of its group's tallies, at half the greatest weight for weighted methods. */
function tallyBytes(settings: RunSettings, d: number): number {
  const { groupSize, block } = settings
  const weighted = settings.method.id === 'ef-vote'
  const planes = planesFor(weighted ? (groupSize * MAX_WEIGHT) / 2 : groupSize)
  const weights = weighted ? (groupSize * blockCount(d, block)) / 2 : 0
  return Math.ceil((d * planes) / 8 / groupSize + weights / groupSize + HEADER_BYTES)
}
