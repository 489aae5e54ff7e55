import type { Mark } from './marks.ts'
import { observeMarks } from './marks.ts'
import { phasesOf } from './phases.ts'
import type { Phases } from './phases.ts'
import { withCrowd } from '../browsers/crowd.ts'
import type { Crowd } from '../browsers/crowd.ts'
import { loadNote } from '../browsers/load.ts'
import { mlpRun } from '../browsers/runs.ts'
import { BenchError } from '../errors.ts'
import type { Bench, Reach, Section } from '../section.ts'
import { median } from '../timing.ts'

const CASES = [
  { browsers: 2, hidden: 32 },
  { browsers: 4, hidden: 32 },
  { browsers: 2, hidden: 128 },
  { browsers: 4, hidden: 128 },
]
/** Where the figure must be reached. */
const JUDGED = { browsers: 2, hidden: 128 }
const BATCH = 128
const WARM_ROUNDS = 15
const ROUNDS = 60
const LIMIT_MS = 240_000

/** Where the time of a round goes, from marks that pages and workers leave in their timelines. */
export const anatomy: Section = {
  id: 'anatomy',
  title: `Anatomy of a round: real browsers on wasm, batch ${BATCH}, medians in ms`,
  async run(bench) {
    const rows: Record<string, string | number>[] = []
    const reaches: Reach[] = []
    await withCrowd(bench, async (crowd) => {
      for (const one of CASES) rows.push(await measure(crowd, one, { bench, reaches }))
    })
    return { columns: COLUMNS, rows, reaches, notes: [...NOTES, loadNote()] }
  },
}

const PARTS = ['compute', 'exchange', 'tally', 'verdict', 'apply', 'whole'] as const

const COLUMNS = [
  { key: 'what', title: 'browsers' },
  ...PARTS.map((part) => ({ key: part, title: part })),
  { key: 'share', title: 'ballot ready → applied, of the round' },
  { key: 'rounds', title: 'rounds' },
]

const NOTES = [
  'Every browser is a Chromium of its own (about five processes each); all share this machine’s',
  'cores with the coordinator. Each part ends with whoever is last; compute begins where the',
  'verdict before is applied everywhere, and ends in the worker.',
]

async function measure(
  crowd: Crowd,
  one: (typeof CASES)[number],
  { bench, reaches }: { bench: Bench; reaches: Reach[] },
): Promise<Record<string, string | number>> {
  const { browsers, hidden } = one
  const readers: (() => Promise<Mark[]>)[] = []
  const { settings, d } = mlpRun({ hidden, batch: BATCH, shards: browsers })
  const what = `${browsers}, d = ${d.toLocaleString('en')}`
  bench.progress(what)
  const prepare = async (context: Parameters<typeof observeMarks>[0]) => {
    readers.push(await observeMarks(context))
  }
  const options = { browsers, settings, prepare, backend: 'wasm' } as const
  const phases = await crowd.train(options, async ({ reach }) => {
    await reach(WARM_ROUNDS + ROUNDS + 1, LIMIT_MS)
    const marks = await Promise.all(readers.map((read) => read()))
    return phasesOf(marks).filter(({ round }) => round >= WARM_ROUNDS)
  })
  if (phases.length < ROUNDS / 2) {
    throw new BenchError('NOT_REACHED', `${what}: only ${phases.length} rounds were marked whole`)
  }
  const share = median(phases.map((p: Phases) => 1 - p.compute / p.whole))
  if (browsers === JUDGED.browsers && hidden === JUDGED.hidden) {
    reaches.push({
      what: `${what}: from the last ballot ready to applied everywhere`,
      value: share,
      bound: 'at most',
      wanted: 0.25,
      unit: 'of the round',
    })
  }
  const row: Record<string, string | number> = { what, share, rounds: phases.length }
  for (const part of PARTS) row[part] = median(phases.map((p) => p[part]))
  return row
}
