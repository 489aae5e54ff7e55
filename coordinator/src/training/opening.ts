import { float32Bits } from '@quorate/shared/bytes/float32'
import type { Deadlines } from '@quorate/shared/round/deadlines'
import { formGroups, planGroups } from '@quorate/shared/round/groups'
import type { RoundPlan } from '@quorate/shared/round/round'
import { blockCount } from '@quorate/shared/tally/slices'
import type { Opening } from '@quorate/shared/wire/turn'
import { sendsVectors } from '@quorate/shared/methods/settings'
import { recountShareOf } from '@quorate/shared/run/settings'
import type { RunSettings } from '@quorate/shared/run/settings'
import type { Contributor } from './contributor.ts'

/** One who takes part, with the shards that its batch will be drawn from. */
export interface Participant {
  readonly contributor: Contributor
  /** h_n: shards drawn from, in fractions. */
  readonly shards: number
}

const NO_KEY = new Uint8Array(0)
const NO_GROUP = { group: [], owners: [], auditors: [] }

/** h_n · P / Σh for each participant, in order: every shard weighs the same. */
export function sharesOf(participants: readonly Participant[]): number[] {
  const total = participants.reduce((sum, participant) => sum + participant.shards, 0)
  return participants.map(({ shards }) => (shards * participants.length) / total)
}

/** Groups, slices, owners and deadlines of a new attempt. */
export function planRound(
  at: { round: number; attempt: number; nowMs: number },
  settings: RunSettings,
  inputs: {
    participants: readonly Participant[]
    previousGroups: readonly (readonly number[])[]
    d: number
    deadlines: Deadlines
    /** 0..n−1, which nobody outside can foresee. */
    chance: (n: number) => number
  },
): RoundPlan {
  const candidates = inputs.participants.map(({ contributor }) => ({
    contributor: contributor.number,
    mesh: contributor.peer !== null,
  }))
  // Floats go to the coordinator directly, which sums them in order: every group is of one.
  const groupSize = sendsVectors(settings.method) ? 1 : settings.groupSize
  const groups = formGroups(candidates, groupSize, inputs.previousGroups)
  const largest = Math.max(...groups.map((group) => group.length))
  const sliceCount = Math.min(largest, blockCount(inputs.d, settings.block))
  return {
    round: at.round,
    attempt: at.attempt,
    groups: planGroups(groups, sliceCount, {
      below: inputs.chance,
      recountsPerMillion: Math.round(recountShareOf(settings) * 1e6),
    }),
    sliceCount,
    minVoters: settings.minVoters,
    ballotsUntilMs: at.nowMs + inputs.deadlines.ballotsMs,
    talliesUntilMs: at.nowMs + inputs.deadlines.talliesMs,
    auditsUntilMs: at.nowMs + (inputs.deadlines.talliesMs + inputs.deadlines.roundMs) / 2,
    closesAtMs: at.nowMs + inputs.deadlines.roundMs,
  }
}

/** What each participant is told, by contributor number. */
export function openingsOf(
  plan: RoundPlan,
  inputs: {
    participants: readonly Participant[]
    learningRate: number
    deadlines: Deadlines
    peerOf: (contributor: number) => string | null
    keyOf: (contributor: number) => Uint8Array | null
  },
): ReadonlyMap<number, Opening> {
  const shares = sharesOf(inputs.participants)
  const { round, attempt, sliceCount } = plan
  const learningRateBits = float32Bits(inputs.learningRate)
  const ballotDeadlineMs = Math.round(inputs.deadlines.ballotsMs)
  const tallyDeadlineMs = Math.round(inputs.deadlines.talliesMs)
  const roundDeadlineMs = Math.round(inputs.deadlines.roundMs)
  const grouped = new Map(
    plan.groups.flatMap(({ members, owners, auditors }) => {
      const group = members.map((contributor) => ({
        contributor,
        peer: inputs.peerOf(contributor),
        key: (members.length > 1 && inputs.keyOf(contributor)) || NO_KEY,
      }))
      return members.map((contributor) => [contributor, { group, owners, auditors }] as const)
    }),
  )
  return new Map(
    inputs.participants.map(({ contributor }, at) => {
      const { number, loadedSequence: loaded, batch } = contributor
      const { group, owners, auditors } = grouped.get(number) ?? NO_GROUP
      // One literal: objects spread together are many times as large, and here are thousands.
      const opening: Opening = {
        round,
        attempt,
        learningRateBits,
        loaded,
        share: shares[at] ?? 1,
        batch,
        group,
        slices: sliceCount,
        owners,
        auditors,
        ballotDeadlineMs,
        tallyDeadlineMs,
        roundDeadlineMs,
      }
      return [number, opening]
    }),
  )
}
