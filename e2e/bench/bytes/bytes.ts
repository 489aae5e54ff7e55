import type { BrowserContext } from '@playwright/test'
import { withCrowd } from '../browsers/crowd.ts'
import type { Crowd } from '../browsers/crowd.ts'
import { mlpRun } from '../browsers/runs.ts'
import { BenchError } from '../errors.ts'
import type { Reach, Section } from '../section.ts'
import { median } from '../timing.ts'
import { audit, ballotAlone, ballotToOwners, tallyAtMost, verdict } from './formulas.ts'
import type { Shape } from './formulas.ts'
import { watchWire } from './wire-watch.ts'
import type { WireCount, WireKind } from './wire-watch.ts'

const BROWSERS = [1, 2, 4]
const BLOCK = 256
const WARM_ROUNDS = 10
const ROUNDS = 30
const LIMIT_MS = 120_000
const KIB = 1024

/** Bytes of a round as they pass the sockets and data channels of real browsers. */
export const bytes: Section = {
  id: 'bytes',
  title: 'Bytes of a round, per contributor: real browsers, 784-128-10, EF-Vote',
  async run(bench) {
    const rows: Record<string, string | number>[] = []
    const reaches: Reach[] = []
    await withCrowd(bench, async (crowd) => {
      for (const browsers of BROWSERS) {
        bench.progress(`${browsers} browsers`)
        rows.push(...(await measure(crowd, browsers, reaches)))
      }
    })
    return { columns: COLUMNS, rows, reaches, notes: NOTES }
  },
}

const COLUMNS = [
  { key: 'browsers', title: 'browsers' },
  { key: 'what', title: 'what' },
  { key: 'bytes', title: 'bytes' },
  { key: 'formula', title: 'formula' },
  { key: 'overBits', title: '× d/8' },
]

const NOTES = [
  'Payload of data channels and WebSockets, frames with their headers; medians over rounds and',
  'contributors. Below it stand UDP, DTLS and SCTP, or TCP and 2 to 14 bytes a message.',
  'Of tallies the formula is a bound: planes follow the weights, which are seldom all 15.',
  'A ballot goes to owners and, as a copy, to auditors; the bound is for both together.',
  'Fan-out does not exist yet, and is not in the table.',
]

async function measure(
  crowd: Crowd,
  browsers: number,
  reaches: Reach[],
): Promise<Record<string, string | number>[]> {
  const { settings, d } = mlpRun({ hidden: 128, batch: 32, shards: browsers })
  const counters: (() => Promise<WireCount>)[] = []
  const prepare = async (context: BrowserContext) => {
    counters.push(await watchWire(context))
  }
  const counts = await crowd.train(
    { browsers, settings, prepare, backend: 'wasm' },
    async ({ reach }) => {
      await reach(WARM_ROUNDS + ROUNDS + 1, LIMIT_MS)
      return Promise.all(counters.map((count) => count()))
    },
  )
  return partsOf({ d, block: BLOCK, members: browsers }).map(({ what, kind, formula, most }) => {
    const value = medianBytes(counts, kind)
    if (most !== undefined) {
      const reach = { value, bound: 'at most', wanted: most, unit: 'bytes' } as const
      reaches.push({ what: `${browsers} browsers, ${what}`, ...reach })
    }
    const row = { browsers, what, bytes: value, overBits: value / (d / 8) }
    return formula === undefined ? row : { ...row, formula }
  })
}

interface Part {
  readonly what: string
  readonly kind: WireKind
  readonly formula?: number
  readonly most?: number
}

function partsOf(shape: Shape): Part[] {
  const bits = shape.d / 8
  const ballot = { most: 1.02 * bits + KIB }
  const tally = tallyAtMost(shape)
  /** To owners and, the same, to auditors. */
  const twice = 2 * ballotToOwners(shape)
  const sent: Part[] =
    shape.members === 1
      ? [{ what: 'ballot', kind: 'ballot', formula: ballotAlone(shape), ...ballot }]
      : [
          { what: 'ballot and its copy', kind: 'channel', formula: twice, most: 2 * ballot.most },
          { what: 'tally of its slice', kind: 'tally', formula: tally, most: tally },
          { what: 'audit of a slice', kind: 'audit', formula: audit(), most: audit() },
        ]
  return [
    ...sent,
    { what: 'verdict', kind: 'verdict', formula: verdict(shape), most: 1.035 * bits + KIB },
    { what: 'turn', kind: 'turn' },
  ]
}

/** Over contributors and the rounds after the first ones; of those that begin or end it, none. */
function medianBytes(counts: readonly WireCount[], kind: WireKind): number {
  const values = counts.flatMap((rounds) =>
    [...rounds]
      .filter(([round]) => round >= WARM_ROUNDS && round < WARM_ROUNDS + ROUNDS)
      .map(([, kinds]) => kinds.get(kind) ?? 0),
  )
  if (values.length === 0) throw new BenchError('NOT_REACHED', `no ${kind} was counted`)
  return median(values)
}
