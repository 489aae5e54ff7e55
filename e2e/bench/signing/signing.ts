import { kernels } from '@quorate/shared/kernels/kernels'
import { BenchError } from '../errors.ts'
import type { Bench, Reach, Section } from '../section.ts'
import { alternate, cpuClock, medianMs, timesFaster } from '../timing.ts'
import type { Comparison } from './comparisons.ts'
import { comparisons } from './comparisons.ts'

const DIMENSIONS = [100_000, 1_000_000, 10_000_000]
/** Where the figures must be reached. */
const JUDGED = 1_000_000
/** A comparison of longer vectors than this is repeated three times. */
const LONG = 1_000_000
const LONG_REPEATS = 3

/**
 * What a contributor and a replica do to vectors in memory, by the functions that they call: from
 * float32 in memory to words in memory, copies into the kernels' memory and out of it included.
 */
export const signing: Section = {
  id: 'signing',
  title: 'Signing and stepping: one core, CPU time, copies included; ms',
  async run(bench) {
    const rows: Record<string, string | number>[] = []
    const reaches: Reach[] = []
    const notes: string[] = []
    if (!kernels()) notes.push('No WebAssembly with SIMD here: these are the figures without.')
    for (const d of DIMENSIONS) {
      for (const make of comparisons) rows.push(compare(make(d), d, { bench, reaches }))
    }
    return { columns: COLUMNS, rows, reaches, notes }
  },
}

const COLUMNS = [
  { key: 'what', title: 'd' },
  { key: 'ms', title: 'ms' },
  { key: 'perNs', title: 'per ns' },
  { key: 'typescript', title: 'no wasm' },
  { key: 'overTypescript', title: '× over it' },
  { key: 'naive', title: 'naive loop' },
  { key: 'overNaive', title: '× over it' },
]

function compare(
  one: Comparison,
  d: number,
  { bench, reaches }: { readonly bench: Bench; readonly reaches: Reach[] },
): Record<string, string | number> {
  const { fast, typescript, naive, wanted } = one
  const what = `${d.toExponential(0).replace('+', '')}, ${one.what}`
  bench.progress(what)
  const ways = { fast, typescript, ...(naive && { naive }) }
  insistOnTheSame(what, Object.values(ways))
  const variants = Object.entries(ways).map(([name, run]) => ({ name, run }))
  const repeats = d > LONG ? Math.min(LONG_REPEATS, bench.repeats) : bench.repeats
  const timing = alternate(variants, repeats, cpuClock)
  const overNaive = naive && timesFaster(timing, 'fast', 'naive')
  if (d === JUDGED && wanted !== undefined && overNaive !== undefined) {
    const of = `${what}, over the naive loop`
    reaches.push({ what: of, value: overNaive, bound: 'at least', wanted, unit: '×' })
  }
  return {
    what,
    ms: medianMs(timing, 'fast'),
    perNs: d / (medianMs(timing, 'fast') * 1e6),
    typescript: medianMs(timing, 'typescript'),
    overTypescript: timesFaster(timing, 'fast', 'typescript'),
    ...(overNaive !== undefined && { naive: medianMs(timing, 'naive'), overNaive }),
  }
}

/**
 * Runs every way once: all must make the same, to the bit.
 *
 * @throws BenchError WRONG_RESULT
 */
function insistOnTheSame(what: string, ways: readonly Comparison['fast'][]): void {
  const [first = [], ...others] = ways.map((way) => way().map((part) => part.slice()))
  for (const expected of others) {
    first.forEach((part, k) => {
      const at = part.findIndex((value, i) => !Object.is(value, expected[k]?.[i]))
      if (at === -1 && part.length === expected[k]?.length) return
      const found = `${part[at]} and should be ${expected[k]?.[at]}`
      throw new BenchError('WRONG_RESULT', `${what}: number ${at} is ${found}`)
    })
  }
}
