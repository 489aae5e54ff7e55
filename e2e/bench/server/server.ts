import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { RunView } from '@quorate/shared/api/api'
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import { littleEndianBytes } from '@quorate/shared/bytes/float32'
import { sha256Hex } from '@quorate/shared/bytes/sha256'
import { decodeCheckpoint } from '@quorate/shared/wire/checkpoint'
import { startCoordinator } from '../../fixtures/coordinator.ts'
import type { Coordinator } from '../../fixtures/coordinator.ts'
import { BenchError } from '../errors.ts'
import type { Bench, Findings, Section } from '../section.ts'
import { median } from '../timing.ts'
import { Ballots } from './ballots.ts'
import { Crowd } from './crowd.ts'
import { writeNoise } from './data-set.ts'
import { Inspector } from './inspector.ts'

const CROWDS = [100, 1000, 10_000]
/** Where receiving must reach its figure; broadcast and memory must at the largest crowd. */
const JUDGED_VOTERS = 1000
/** Contributors before memory is looked at: what is made once is there by then. */
const FIRST_MEMBERS = 50
const BLOCK = 256
const DATA_SET = 'noise'
/** Files that a process has open besides its sockets. */
const OTHER_FILES = 200
/** What follows behind a verdict is done by then. */
const QUIET_MS = 150

/** An MLP 784-1258-10: d = 1,000,120. */
const settings: RunSettingsInput = {
  name: 'Bench',
  dataSet: DATA_SET,
  seed: 1,
  rounds: 100_000,
  model: { kind: 'mlp', hidden: [1258] },
  method: { id: 'signsgd-mv', tieRule: 'plus' },
  partition: { kind: 'shared' },
  shards: 1,
  groupSize: 1,
  batch: 1,
  learningRate: 0.001,
  block: BLOCK,
  ballotDeadlineMs: 600_000,
  evaluateEvery: 10_000,
}

interface Measured {
  readonly contributors: number
  readonly joinMs: number
  readonly rssBytes: number
  readonly heapBytes: number
  /** CPU of a round with one voter, which everybody hears the verdict of. */
  readonly broadcastMs: number
  /** CPU of a round in which everybody votes; null where the crowd did not get through one. */
  readonly roundMs: number | null
  readonly votes: number
}

/**
 * The coordinator as `npm start` runs it, in a process of its own, with contributors on WebSockets
 * from this one. Figures are the CPU time of the coordinator's process, user and system, all of its
 * threads: `broadcast` of a whole round in which one contributor votes and all hear the verdict,
 * `ballots` of a whole round in which all vote, less that.
 */
export const server: Section = {
  id: 'server',
  title: 'Server: CPU time of the coordinator, d = 1,000,120, ballots and verdict of 125 KB',
  async run(bench) {
    const most = openFilesAtMost() - OTHER_FILES
    const measured: Measured[] = []
    const notes: string[] = []
    for (const contributors of CROWDS.filter((one) => one <= most)) {
      measured.push(await measure(contributors, bench, notes))
    }
    const left = CROWDS.filter((one) => one > most)
    notes.push(...left.map((one) => `${one} contributors: left out, ${most} files may be open`))
    return { columns: COLUMNS, rows: measured.map(rowOf), reaches: reachesOf(measured), notes }
  },
}

const COLUMNS = [
  { key: 'contributors', title: 'contributors' },
  { key: 'gvotes', title: 'Gvotes/CPU-s' },
  { key: 'ballotMs', title: 'ms a ballot' },
  { key: 'broadcast', title: 'CPU-s a verdict' },
  { key: 'toldMs', title: 'ms a contributor' },
  { key: 'joinMs', title: 'ms a join' },
  { key: 'rss', title: 'KB a connection' },
  { key: 'heap', title: 'of it heap' },
]

function rowOf(one: Measured): Record<string, number> {
  const { contributors } = one
  return {
    contributors,
    ...(one.roundMs !== null && { gvotes: gvotesOf(one), ballotMs: ballotMsOf(one) }),
    broadcast: one.broadcastMs / 1000,
    toldMs: one.broadcastMs / contributors,
    joinMs: one.joinMs / contributors,
    rss: one.rssBytes / contributors / 1000,
    heap: one.heapBytes / contributors / 1000,
  }
}

/** NaN where there is no figure. */
function ballotMsOf({ roundMs, broadcastMs, contributors }: Measured): number {
  return roundMs === null ? NaN : (roundMs - broadcastMs) / contributors
}

/** 10⁹ votes counted in a second of CPU time. */
function gvotesOf(one: Measured): number {
  return one.votes / ballotMsOf(one) / 1e6
}

function reachesOf(measured: readonly Measured[]): Findings['reaches'] {
  const judged = measured.find(({ contributors }) => contributors === JUDGED_VOTERS)
  const largest = measured.at(-1)
  if (!judged || !largest || largest === judged) return []
  const { contributors } = largest
  const growth = (what: string, costOf: (one: Measured) => number) => ({
    what: `${what}, of each of ${contributors} over each of ${JUDGED_VOTERS}`,
    value: costOf(largest) / costOf(judged),
    bound: 'at most' as const,
    wanted: 1.25,
    unit: '×',
  })
  const atMost = { bound: 'at most' } as const
  return [
    {
      what: `receive, check and count, ${JUDGED_VOTERS} ballots`,
      value: gvotesOf(judged),
      bound: 'at least',
      wanted: 6,
      unit: 'Gvotes/CPU-s',
    },
    {
      what: `a verdict to ${contributors}`,
      value: largest.broadcastMs / 1000,
      ...atMost,
      wanted: (0.6 * contributors) / 10_000,
      unit: 'CPU-s',
    },
    {
      what: `memory of each of ${contributors} connections`,
      value: largest.rssBytes / contributors / 1000,
      ...atMost,
      wanted: 15,
      unit: 'KB',
    },
    ...(largest.roundMs === null ? [] : [growth('ballots', ballotMsOf)]),
    growth('verdicts', (one) => one.broadcastMs / one.contributors),
    growth('joining', (one) => one.joinMs / one.contributors),
  ]
}

async function measure(contributors: number, bench: Bench, notes: string[]): Promise<Measured> {
  const say = (what: string) => bench.progress(`${contributors} contributors: ${what}`)
  const folder = await mkdtemp(join(tmpdir(), 'quorate-bench-'))
  const dataFolder = join(folder, 'data')
  await writeNoise(dataFolder, DATA_SET)
  const coordinator = await startCoordinator({
    ...{ dataFolder, logFile: join(folder, 'coordinator.log'), logLevel: 'warn' },
    ...{ flags: ['--no-demo'], nodeFlags: ['--inspect=127.0.0.1:0'] },
  })
  const inspector = await Inspector.open(coordinator.inspectorUrl ?? '')
  const run = await coordinator.startRun(settings)
  const crowd = new Crowd({
    url: `${coordinator.url.replace('http', 'ws')}/ws`,
    run: run.id,
    replica: await firstReplica(coordinator, run),
  })
  /** CPU time of the coordinator while `work` is under way, in ms, and what follows behind it. */
  const cpuMs = async (work: () => Promise<void>) => {
    const before = await inspector.cpu()
    await work()
    await wait(QUIET_MS)
    const after = await inspector.cpu()
    return after.userMs - before.userMs + after.systemMs - before.systemMs
  }
  try {
    await crowd.grow(FIRST_MEMBERS)
    const empty = await inspector.memory()
    say('join')
    const joinMs = await cpuMs(() => crowd.grow(contributors))
    const full = await inspector.memory()
    const joined = contributors - FIRST_MEMBERS
    const perJoined = contributors / joined

    const ballots = new Ballots(run.d, BLOCK)
    const rounds = async (voters: number) => {
      const { warm, counted } = roundsFor(contributors, { repeats: bench.repeats, voters })
      const took: number[] = []
      for (let round = 0; round < warm + counted; round++) {
        took.push(await cpuMs(() => crowd.round(voters, voters, ballots)))
        if (round === 0) crowd.insistOnMajority(ballots.sums(voters))
      }
      return median(took.slice(warm))
    }
    say('broadcast')
    await crowd.ready(0, 1)
    await crowd.opened(1)
    const broadcastMs = await rounds(1)
    say('ballots')
    const voted = async () => {
      crowd.keepLeases()
      await crowd.ready(1, contributors)
      await crowd.round(1, contributors, ballots)
      return rounds(contributors)
    }
    const roundMs = await unlessLost(voted, (why) =>
      notes.push(`${contributors} contributors: no figure for ballots, ${why}`),
    )
    return {
      contributors,
      joinMs: joinMs * perJoined,
      rssBytes: (full.rssBytes - empty.rssBytes) * perJoined,
      heapBytes: (full.heapBytes - empty.heapBytes) * perJoined,
      broadcastMs,
      roundMs,
      votes: run.d,
    }
  } finally {
    crowd.leave()
    inspector.close()
    await coordinator.kill()
    await rm(folder, { recursive: true, force: true })
  }
}

/** The digest of the parameters that the run begins with. */
async function firstReplica(coordinator: Coordinator, { id, d }: RunView): Promise<string> {
  const [first] = await coordinator.checkpoints(id)
  const answer = await fetch(`${coordinator.url}${first?.url}`)
  const { parameters } = decodeCheckpoint(new Uint8Array(await answer.arrayBuffer()), {
    d,
    block: BLOCK,
  })
  return sha256Hex(littleEndianBytes(parameters))
}

/** What `work` gives; null, and `lost` is told why, where contributors did not get through. */
async function unlessLost(
  work: () => Promise<number>,
  lost: (why: string) => void,
): Promise<number | null> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof BenchError) || error.code !== 'CROWD_FAILED') throw error
    lost(error.message)
    return null
  }
}

/**
 * Small crowds take more rounds until the coordinator's code is compiled, and less time for each.
 * The verdicts of the first rounds find the buffers of all sockets small.
 */
function roundsFor(contributors: number, { repeats, voters }: { repeats: number; voters: number }) {
  if (contributors <= 100) return { warm: 10, counted: 2 * repeats }
  if (contributors <= 1000) return { warm: 5, counted: repeats }
  return voters === 1 ? { warm: 5, counted: repeats } : { warm: 1, counted: Math.min(2, repeats) }
}

/** Where the system tells; a process that may open less fails to connect. */
function openFilesAtMost(): number {
  const path = '/proc/self/limits'
  if (!existsSync(path)) return Infinity
  const limit = /^Max open files\s+(\d+)/m.exec(readFileSync(path, 'utf8'))?.[1]
  return limit === undefined ? Infinity : Number(limit)
}
