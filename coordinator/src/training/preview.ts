import type { Preview } from '@quorate/shared/api/api'
import { createMethod } from '@quorate/shared/methods/create'
import type { Method, VerdictStep } from '@quorate/shared/methods/method'
import { layoutOf } from '@quorate/shared/model/layout'
import type { Layout } from '@quorate/shared/model/layout'
import type { DataShape } from '@quorate/shared/model/spec'
import { partition } from '@quorate/shared/partition/partition'
import { checkSize } from '@quorate/shared/run/capacity'
import type { RunSettings } from '@quorate/shared/run/settings'
import { blockCount, sliceRanges } from '@quorate/shared/tally/slices'
import { MAX_WEIGHT } from '@quorate/shared/methods/settings'
import { planesFor } from '@quorate/shared/tally/addend'
import { indexBits } from '@quorate/shared/wire/floats'
import { HEADER_BYTES } from '@quorate/shared/wire/frame'
import { encodeVerdict } from '@quorate/shared/wire/verdict'
import { contributionBytes } from './contribution-bytes.ts'

/** Columns of the heat map; more shards than this are added up. */
const MAX_COLUMNS = 50

/** What a run of these settings would be: its partition and its bytes per round. */
export function previewRun(
  settings: RunSettings,
  data: { shape: DataShape; labels: Uint8Array },
): Preview {
  const { shape, labels } = data
  const d = layoutOf(settings.model, shape).size
  checkSize(settings, d)
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
  const layout = layoutOf(settings.model, shape)
  const method = createMethod(settings.method, layout, block)
  const direct = method.kind === 'vectors'
  const slices = sliceRanges(d, block, direct ? 1 : groupSize)
  const ballotBytes = slices.reduce(
    (sum, slice) => sum + contributionBytes(method, slice.end - slice.start, { d, block }),
    0,
  )
  return {
    d,
    heatMap,
    shardSizes: parts.map((records) => records.length),
    ballotBytes,
    verdictBytes: verdictBytes(settings, method, layout),
    tallyBytes: direct || groupSize === 1 ? 0 : tallyBytes(settings, d),
    float32Bytes: 4 * d,
  }
}

/** The verdict frame of a round with a group's full number of voters. */
function verdictBytes(settings: RunSettings, method: Method, layout: Layout): number {
  const { block, groupSize } = settings
  const d = layout.size
  const shape = { run: 0, d, block }
  const slices = sliceRanges(d, block, method.kind === 'vectors' ? 1 : groupSize)
  const valid = slices.map(() => true)
  const verdict = likeliestVerdict(settings, method, { layout, slices: slices.length })
  const nextUnits = method.coordinator.calibrates ? new Uint8Array(blockCount(d, block)) : null
  return encodeVerdict(shape, { round: 0, attempt: 0 }, { ...verdict, valid, nextUnits }).length
}

/** A verdict of the size that the method's verdicts have, with nothing in it. */
function likeliestVerdict(
  { method: settings, groupSize, block }: RunSettings,
  method: Method,
  { layout, slices }: { layout: Layout; slices: number },
): VerdictStep {
  const d = layout.size
  const signs = new Uint32Array(Math.ceil(d / 32))
  switch (settings.id) {
    case 'ssdm':
    case 'z-sign-fedavg': {
      const tables = [new Float32Array(2 * groupSize + 1)]
      return { kind: 'sums', sums: new Int32Array(d), tables, tableOf: new Uint8Array(slices) }
    }
    case 'ef-vote':
      return settings.down === 'sign'
        ? { kind: 'signs', step: 0, signs }
        : { kind: 'scaled', steps: new Uint8Array(blockCount(d, block)), signs }
    case 'mem-sgd': {
      const kept = method.kind === 'vectors' && method.form.kind === 'sparse' ? method.form.k : d
      const most = settings.select === 'random' ? kept : kept * groupSize
      const indices = Uint32Array.from({ length: Math.min(d, most) }, (_, i) => i)
      const steps = new Float32Array(indices.length)
      return most * (32 + indexBits(d)) < 32 * d
        ? { kind: 'sparse', indices, steps }
        : { kind: 'dense', steps: new Float32Array(d) }
    }
    case 'ef-signsgd':
      if (!settings.twoWay) return { kind: 'dense', steps: new Float32Array(d) }
      return {
        kind: 'signed',
        ends: Uint32Array.from(layout.tensors, ({ offset, size }) => offset + size),
        steps: new Float32Array(layout.tensors.length),
        signs,
      }
    case 'sgd':
    case 'fedavg':
      return { kind: 'dense', steps: new Float32Array(d) }
    default:
      return { kind: 'signs', step: 0, signs }
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
