import { freemem } from 'node:os'
import { kernels } from '@quorate/shared/kernels/kernels'
import { mergeTallies, tallySlice } from '@quorate/shared/tally/count'
import type { SliceBallot } from '@quorate/shared/tally/slice-ballot'
import { countPlanesInWords } from '@quorate/shared/tally/count-planes'
import { planesFor } from '@quorate/shared/tally/addend'
import { packTallySigns } from '@quorate/shared/tally/tally-signs'
import { BenchError } from '../errors.ts'
import type { Bench, Reach, Section } from '../section.ts'
import { alternate, cpuClock, medianMs, timesFaster } from '../timing.ts'
import { addIntegers, countBits, countWeightedBits, meanOfFloats } from './plain.ts'
import { asFloats, someBallots } from './votes.ts'

const BLOCK = 256
const VOTERS = [8, 64, 1000]
const DIMENSIONS = [100_000, 1_000_000, 10_000_000]
/** Where the figures must be reached. */
const JUDGED = { voters: 64, d: 1_000_000 }
const PARTS = 8
/** A comparison whose plain loops have more votes than this to count is repeated three times. */
const LONG_VOTES = 2e8
const LONG_REPEATS = 3

/**
 * Tallies by the path that the coordinator and slice owners take (`tallySlice`, `mergeTallies`),
 * from ballots in memory, each copied into the kernel's memory once, to the tally in bit planes;
 * `with sums` also spreads it into integers.
 */
export const counting: Section = {
  id: 'counting',
  title: 'Counting: one core, CPU time, ballots copied in; rates in Gvotes/s',
  async run(bench) {
    const rows: Record<string, string | number>[] = []
    const reaches: Reach[] = []
    const notes: string[] = []
    if (!kernels()) notes.push('No WebAssembly with SIMD here: these are the figures without.')
    for (const weighted of [false, true]) {
      for (const d of DIMENSIONS) {
        for (const voters of VOTERS) {
          const one = { voters, d, weighted }
          const lacking = whatIsLacking(one)
          if (lacking !== null) notes.push(`${nameOf(one)}: left out, ${lacking}`)
          else rows.push(compare(one, bench, reaches))
        }
      }
    }
    rows.push(compareMerging(bench, reaches), compareSigns(bench))
    return { columns: COLUMNS, rows, reaches, notes }
  },
}

const COLUMNS = [
  { key: 'what', title: 'votes' },
  { key: 'ms', title: 'tally ms' },
  { key: 'votesPerNs', title: 'tally' },
  { key: 'withSums', title: 'with sums' },
  { key: 'typescript', title: 'no wasm' },
  { key: 'bits', title: 'bit by bit' },
  { key: 'overBits', title: '× over it' },
  { key: 'floats', title: 'float mean' },
  { key: 'overFloats', title: '× over it' },
]

interface Case {
  readonly voters: number
  readonly d: number
  readonly weighted: boolean
}

function nameOf({ voters, d, weighted }: Case): string {
  return `${weighted ? 'weighted, ' : ''}M = ${voters}, d = ${d.toExponential(0).replace('+', '')}`
}

function whatIsLacking({ voters, d }: Case): string | null {
  const neededBytes = voters * d * (1 / 8 + 4)
  const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(1)
  return neededBytes > freemem() / 2
    ? `its ballots and float32 vectors take ${gib(neededBytes)} GiB, half of the free memory is ${gib(freemem() / 2)}`
    : null
}

function compare(one: Case, bench: Bench, reaches: Reach[]): Record<string, string | number> {
  const { voters, d, weighted } = one
  bench.progress(nameOf(one))
  const ballots = someBallots(voters, d, weighted ? BLOCK : null)
  const vectors = asFloats(ballots, d)
  const [sums, mean] = [new Int32Array(d), new Float32Array(d)]
  const slice = { index: 0, start: 0, end: d }
  const tally = () => tallySlice(slice, BLOCK, ballots)
  const inBits = () =>
    weighted ? countWeightedBits(ballots, BLOCK, sums) : countBits(ballots, sums)
  const inWords = () => countWithoutWasm(ballots, d, weighted)
  insist(nameOf(one), tally().sums, inBits())
  const repeats = voters * d > LONG_VOTES ? Math.min(LONG_REPEATS, bench.repeats) : bench.repeats
  const timing = alternate(
    [
      { name: 'tally', run: tally },
      { name: 'sums', run: () => tally().sums },
      { name: 'words', run: inWords },
      { name: 'bits', run: inBits },
      { name: 'floats', run: () => meanOfFloats(vectors, mean) },
    ],
    repeats,
    cpuClock,
  )
  const overBits = timesFaster(timing, 'tally', 'bits')
  const overFloats = timesFaster(timing, 'tally', 'floats')
  if (voters === JUDGED.voters && d === JUDGED.d) {
    const wanted = weighted ? 30 : 100
    const reach = { bound: 'at least', wanted, unit: '×' } as const
    reaches.push({ what: `${nameOf(one)}, over bit by bit`, value: overBits, ...reach })
    reaches.push({ what: `${nameOf(one)}, over the float32 mean`, value: overFloats, ...reach })
  }
  const perNs = (name: string) => (voters * d) / (medianMs(timing, name) * 1e6)
  return {
    what: nameOf(one),
    ms: medianMs(timing, 'tally'),
    votesPerNs: perNs('tally'),
    withSums: perNs('sums'),
    typescript: perNs('words'),
    bits: perNs('bits'),
    overBits,
    floats: perNs('floats'),
    overFloats,
  }
}

function countWithoutWasm(ballots: readonly SliceBallot[], d: number, weighted: boolean) {
  const addends = ballots.map(({ signs, weights }) => ({ planes: [signs], weights }))
  const planes = planesFor(ballots.length * (weighted ? 15 : 1))
  return countPlanesInWords(addends, { words: Math.ceil(d / 32), block: BLOCK, planes })
}

/** Eight owners' tallies of eight voters each, against adding their sums as integers. */
function compareMerging(bench: Bench, reaches: Reach[]): Record<string, string | number> {
  const { voters, d } = JUDGED
  const what = `merging ${PARTS} tallies of ${voters / PARTS}, d = 1e6`
  bench.progress(what)
  const slice = { index: 0, start: 0, end: d }
  const ballots = someBallots(voters, d, null)
  const parts = Array.from({ length: PARTS }, (_, part) =>
    tallySlice(
      slice,
      BLOCK,
      ballots.filter((__, n) => n % PARTS === part),
    ),
  )
  const integers = parts.map(({ sums }) => sums)
  const into = new Int32Array(d)
  insist(what, mergeTallies(parts).sums, addIntegers(integers, into))
  const timing = alternate(
    [
      { name: 'merge', run: () => mergeTallies(parts) },
      { name: 'sums', run: () => mergeTallies(parts).sums },
      { name: 'integers', run: () => addIntegers(integers, into) },
    ],
    bench.repeats,
    cpuClock,
  )
  const overBits = timesFaster(timing, 'merge', 'integers')
  reaches.push({
    what: `${what}, over adding their integers`,
    value: overBits,
    bound: 'at least',
    wanted: 50,
    unit: '×',
  })
  const perNs = (name: string) => (voters * d) / (medianMs(timing, name) * 1e6)
  return {
    what,
    ms: medianMs(timing, 'merge'),
    votesPerNs: perNs('merge'),
    withSums: perNs('sums'),
    bits: perNs('integers'),
    overBits,
  }
}

/** The majority of a tally from its planes, against the sign of one integer after the other. */
function compareSigns(bench: Bench): Record<string, string | number> {
  const { voters, d } = JUDGED
  const what = `signs of a tally, M = ${voters}, d = 1e6`
  bench.progress(what)
  const tally = tallySlice({ index: 0, start: 0, end: d }, BLOCK, someBallots(voters, d, null))
  const { sums } = tally
  const bits = new Uint32Array(Math.ceil(d / 32))
  const fromPlanes = () => {
    const signs = new Uint32Array(bits.length)
    packTallySigns(signs, tally, 'plus')
    return signs
  }
  const bitByBit = () => {
    bits.fill(0)
    for (let i = 0; i < d; i++) {
      if ((sums[i] as number) >= 0) bits[i >>> 5] = (bits[i >>> 5] as number) | (1 << (i & 31))
    }
    return bits
  }
  insist(what, fromPlanes(), bitByBit())
  const timing = alternate(
    [
      { name: 'planes', run: fromPlanes },
      { name: 'bits', run: bitByBit },
    ],
    bench.repeats,
    cpuClock,
  )
  return { what, ms: medianMs(timing, 'planes'), overBits: timesFaster(timing, 'planes', 'bits') }
}

/** @throws BenchError WRONG_RESULT */
function insist(
  what: string,
  fast: Int32Array | Uint32Array,
  reference: Int32Array | Uint32Array,
): void {
  const at = reference.findIndex((sum, i) => sum !== fast[i])
  if (at !== -1 || fast.length !== reference.length) {
    throw new BenchError(
      'WRONG_RESULT',
      `${what}: entry ${at} is ${fast[at]} and should be ${reference[at]}`,
    )
  }
}
