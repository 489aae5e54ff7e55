import { float32Bits } from '@quorate/shared/bytes/float32'
import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import type { Deadlines } from '@quorate/shared/round/deadlines'
import { formGroups, planGroups } from '@quorate/shared/round/groups'
import type { RoundPlan } from '@quorate/shared/round/round'
import { blockCount } from '@quorate/shared/tally/slices'
import { sendsVectors } from '@quorate/shared/methods/settings'
import type { RunSettings } from '@quorate/shared/run/settings'
import type { Contributor } from './contributor.ts'

/** One who takes part, with the shards that its batch will be drawn from. */
export interface Participant {
  readonly contributor: Contributor
  /** h_n: shards drawn from, in fractions. */
  readonly shards: number
}

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
    groups: planGroups(groups, sliceCount, at.round),
    sliceCount,
    minVoters: settings.minVoters,
    ballotsUntilMs: at.nowMs + inputs.deadlines.ballotsMs,
    talliesUntilMs: at.nowMs + inputs.deadlines.talliesMs,
    closesAtMs: at.nowMs + inputs.deadlines.roundMs,
  }
}

/** What each participant is told; one message a participant, in order. */
export function openingMessages(
  plan: RoundPlan,
  inputs: {
    participants: readonly Participant[]
    learningRate: number
    deadlines: Deadlines
    peerOf: (contributor: number) => string | null
  },
): MessageOf<CoordinatorMessage, 'opening'>[] {
  const shares = sharesOf(inputs.participants)
  const members = plan.groups.map((group) =>
    group.members.map((contributor) => ({ contributor, peer: inputs.peerOf(contributor) })),
  )
  return inputs.participants.map(({ contributor }, at) => {
    const group = plan.groups.findIndex((g) => g.members.includes(contributor.number))
    return {
      type: 'opening',
      round: plan.round,
      attempt: plan.attempt,
      learningRateBits: float32Bits(inputs.learningRate),
      loaded: contributor.loadedSequence,
      share: shares[at] ?? 1,
      batch: contributor.batch,
      group: members[group] ?? [],
      slices: plan.sliceCount,
      owners: [...(plan.groups[group]?.owners ?? [])],
      ballotDeadlineMs: Math.round(inputs.deadlines.ballotsMs),
      tallyDeadlineMs: Math.round(inputs.deadlines.talliesMs),
      roundDeadlineMs: Math.round(inputs.deadlines.roundMs),
    }
  })
}
