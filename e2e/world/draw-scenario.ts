import type { MethodId } from '@quorate/shared/methods/settings'
import { generator } from '@quorate/shared/random/generator'
import type { Generator } from '@quorate/shared/random/generator'
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import { smallRun } from './checks.ts'
import type { Fault, FaultKind, Lie, Person, Scenario, Theme } from './scenario.ts'
import { LIES } from './scenario.ts'

/**
 * Lies that no seed draws: where a fault takes an owner or an auditor away the other's tally counts
 * alone, and a wrong one is believed. Without such faults they are answered (`liars.test.ts`).
 */
export const ANSWERED_ALONE: ReadonlySet<Lie> = new Set<Lie>(['wrong-tally'])

const SCENARIO_PATH = 0x5ce4a210
const VOTES: readonly MethodId[] = ['ef-vote', 'signsgd-mv', 'signum-mv', 'ssdm']
/** Sums of floats have no owners and no ballots to lie about. */
const METHODS: readonly MethodId[] = [...VOTES, 'sgd']
/** Time in which faults happen. */
const SPAN_MS = 2000
/** In a slow run everything takes so many times as long: leases expire, heartbeats matter. */
const SLOW = 40

/** Seeds take them in turn. */
const THEMES: readonly Theme[] = [
  ...(['kills', 'lies', 'network', 'people', 'everything', 'kills'] as const),
  ...(['lies', 'network', 'learning', 'people', 'kills', 'lies'] as const),
]

const FAULTS_OF: Readonly<Record<Theme, readonly FaultKind[]>> = {
  network: [
    'loss',
    'duplicate',
    'reorder',
    'corrupt',
    'delay',
    'partition',
    'offline',
    'reconnect',
  ],
  people: ['crash', 'leave', 'pause', 'freeze', 'offline', 'reconnect', 'backlog'],
  kills: ['kill', 'kill-at-write', 'kill-at-write', 'kill-at-write', 'slow-disk', 'crash'],
  lies: ['delay', 'reconnect', 'partition'],
  learning: ['delay', 'reconnect'],
  everything: [
    ...(['loss', 'duplicate', 'reorder', 'corrupt', 'delay', 'partition', 'offline'] as const),
    ...(['freeze', 'pause', 'backlog', 'reconnect', 'leave', 'crash'] as const),
    ...(['kill', 'kill-at-write', 'slow-disk', 'operator-pause'] as const),
  ],
}

/** The scenario of a seed, the same each time. `lie`: whoever lies tells this one. */
export function drawScenario(seed: number, lie: Lie | null = null): Scenario {
  const random = generator(seed, SCENARIO_PATH)
  const theme = lie ? 'lies' : (THEMES[seed % THEMES.length] ?? 'everything')
  const liars =
    theme === 'lies' || theme === 'learning' || (theme === 'everything' && one(random, 2))
  const size = theme === 'learning' ? 5 : liars ? 4 + random.below(2) : 2 + random.below(4)
  const people = Array.from({ length: size }, (_, at) => drawPerson(random, { at, theme }))
  if (liars) {
    const at = random.below(size)
    people[at] = {
      ...(people[at] ?? drawPerson(random, { at, theme })),
      lie: lie ?? drawLie(random),
    }
  }
  const slower = theme !== 'learning' && one(random, 5) ? SLOW : 1
  const faults = Array.from({ length: theme === 'learning' ? 1 : 2 + random.below(5) }, () =>
    drawFault(random, pick(random, FAULTS_OF[theme]), { people: size, slower }),
  )
  return {
    seed,
    theme,
    settings: drawSettings(random, { seed, theme, slower }),
    people,
    coordinatorRate: 0.98 + 0.04 * random.uniform(),
    faults,
    rounds: theme === 'learning' ? 60 : 10 + random.below(8),
    spanMs: SPAN_MS * slower,
  }
}

function drawSettings(
  random: Generator,
  { seed, theme, slower }: { seed: number; theme: Theme; slower: number },
): RunSettingsInput {
  const id = pick(random, theme === 'lies' ? VOTES : METHODS)
  const settings = {
    ...smallRun,
    seed,
    groupSize: theme === 'lies' ? 5 : 1 + random.below(5),
    minRoundMs: slower > 1 ? 3000 : theme === 'learning' ? 0 : pick(random, [0, 100, 250]),
    minVoters: 1 + random.below(2),
    ballotDeadlineMs: pick(random, [null, 400, 1500]),
  }
  if (theme !== 'learning') {
    const partition = pick(random, ['label', 'iid', 'dirichlet'] as const)
    return { ...settings, method: methodOf(id), partition: { kind: partition } }
  }
  // A liar that holds a class alone is believed about it, whatever the method.
  const learner = pick(random, ['ef-vote', 'signsgd-mv'] as const)
  const method = methodOf(learner)
  // Four at least, so that the liar is never half of the voters.
  return { ...settings, method, partition: { kind: 'iid' }, minVoters: 4, batch: 16 }
}

function methodOf(id: MethodId): RunSettingsInput['method'] {
  return { id }
}

function drawPerson(random: Generator, { at, theme }: { at: number; theme: Theme }): Person {
  const skewed = theme === 'people' || theme === 'everything'
  return {
    joinsAtMs: at < 2 || theme === 'learning' ? random.below(50) : random.below(1500),
    webrtc: random.below(5) > 0,
    intensity: theme !== 'learning' && random.below(5) === 0 ? 0.5 : 1,
    skew: skewed
      ? { offsetMs: random.below(7_200_000) - 3_600_000, rate: 0.9 + 0.2 * random.uniform() }
      : { offsetMs: 0, rate: 1 },
    lie: null,
  }
}

function drawLie(random: Generator): Lie {
  return pick(
    random,
    LIES.filter((lie) => !ANSWERED_ALONE.has(lie)),
  )
}

function drawFault(
  random: Generator,
  kind: FaultKind,
  { people, slower }: { people: number; slower: number },
): Fault {
  const atMs = 200 + random.below(SPAN_MS * slower)
  const forMs = 100 + random.below(1500 * slower)
  const who = random.below(people)
  switch (kind) {
    case 'loss':
    case 'duplicate':
    case 'reorder':
    case 'corrupt':
      return { kind, atMs, forMs, share: 0.05 + 0.4 * random.uniform() }
    case 'delay':
      return { kind, atMs, forMs, mostMs: 50 + random.below(500) }
    case 'partition': {
      const side = Array.from({ length: people }, (_, at) => at).filter(() => one(random, 2))
      return { kind, atMs, forMs, side }
    }
    case 'freeze':
    case 'offline':
    case 'pause':
    case 'backlog':
      return { kind, who, atMs, forMs }
    case 'reconnect':
    case 'leave':
      return { kind, who, atMs }
    case 'crash': {
      const back = { afterMs: random.below(1500 * slower), sameTab: one(random, 2) }
      return { kind, who, atMs, back: one(random, 3) ? null : back }
    }
    case 'kill': {
      const clockMs = one(random, 3) ? random.below(7_200_000) - 3_600_000 : 0
      return { kind, atMs, downMs: random.below(1000 * slower), clockMs }
    }
    case 'kill-at-write': {
      const side = pick(random, ['before', 'after'] as const)
      return { kind, write: 1 + random.below(120), side, downMs: random.below(1000) }
    }
    case 'slow-disk': {
      const way = pick(random, ['writes-late', 'answers-late'] as const)
      return { kind, way, atMs, forMs, delayMs: random.below(60) }
    }
    case 'operator-pause':
      return { kind, atMs, forMs }
  }
}

function pick<T>(random: Generator, from: readonly T[]): T {
  return from[random.below(from.length)] as T
}

/** True in one of `of` cases. */
function one(random: Generator, of: number): boolean {
  return random.below(of) === 0
}
