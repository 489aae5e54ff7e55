import { decodeRecord } from '@quorate/shared/wire/record'
import type { Evidence } from './checkers/evidence.ts'
import { sizeOf } from './checkers/size-of.ts'
import type { Lie, Theme } from './scenario.ts'
import type { Stage } from './stage.ts'
import { kindOfEntry } from './witness.ts'

/** What a scenario came to; the same to the byte for the same seed. */
export interface Report {
  readonly seed: number
  readonly theme: Theme
  readonly method: string
  readonly people: number
  readonly lie: Lie | null
  /** Of the world's clock. */
  readonly tookMs: number
  readonly rounds: number
  /** Attempts that decided nothing. */
  readonly roundsLost: number
  readonly ballots: number
  /** Cast, and counted in no slice. */
  readonly ballotsLost: number
  readonly writes: number
  /** How often each fault struck. */
  readonly faults: Readonly<Record<string, number>>
  readonly lies: Readonly<Record<string, number>>
  /** Honest ones that were excluded. */
  readonly honestExclusions: number
  /** Liars that were. */
  readonly liarsExcluded: number
  /** Round and digest of the replicas at the end. */
  readonly replicas: readonly string[]
  /** What the checkers found; nothing where all holds. */
  readonly found: readonly string[]
}

export function reportOf(stage: Stage, evidence: Evidence, found: readonly string[]): Report {
  const { scenario, witness, players } = evidence
  const excluded = (honest: boolean) => {
    const fatal = witness.complaints.filter((one) => one.fatal && one.code !== 'REPLACED')
    return fatal.filter(({ who }) => players[who]?.honest === honest).length
  }
  return {
    seed: scenario.seed,
    theme: scenario.theme,
    method: evidence.settings.method.id,
    people: scenario.people.length,
    lie: scenario.people.find(({ lie }) => lie !== null)?.lie ?? null,
    tookMs: Math.round(stage.world.clock.nowMs()),
    rounds: witness.rounds,
    roundsLost: witness.openings.size - witness.rounds,
    ballots: witness.ballotsCast,
    ballotsLost: witness.ballotsCast - ballotsCounted(evidence),
    writes: stage.writes,
    faults: stage.struck.all,
    lies: stage.lies.all,
    honestExclusions: excluded(true),
    liarsExcluded: excluded(false),
    replicas: evidence.replicas,
    found,
  }
}

/** Ballots that count in at least one slice. */
function ballotsCounted(evidence: Evidence): number {
  let counted = 0
  for (const entry of evidence.witness.entries) {
    if (kindOfEntry(entry) === 'calibration') continue
    const decoded = decodeRecord(entry.record, sizeOf(evidence))
    if (decoded.kind === 'round') {
      counted += new Set(decoded.tally.slices.flatMap(({ voters }) => voters)).size
    }
    if (decoded.kind === 'vectors') counted += decoded.vectors.voters.length
  }
  return counted
}
