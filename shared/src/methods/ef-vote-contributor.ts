import { blockCount } from '../tally/slices.ts'
import { applyBudget } from './budget.ts'
import { clipFactor, rememberSize, usualSize } from './burst-clip.ts'
import { combineAndSign } from './combine.ts'
import type { EfVoteSettings } from './ef-vote-settings.ts'
import { owe } from './ef-vote-owed.ts'
import { gridValue } from './grid.ts'
import { zeroRuleOf } from './majority.ts'
import type { Ballot, ContributorHalf, FloatVector, RoundTerms } from './method.ts'
import { roundHalfEven } from './round-half-even.ts'
import { MAX_WEIGHT } from './settings.ts'
import type { VectorShape } from './shape.ts'
import { blocksOf, meanSize, wholeSlice, zeros } from './shape.ts'

interface Owed {
  /** e, [d]: what the contributor is still owed. */
  readonly e: FloatVector
  /** Such sizes of the last rounds, oldest first. */
  readonly recent: number[]
}

/** p = g + e and what was sent of it. */
interface Claim {
  readonly p: FloatVector
  readonly ballot: Ballot
  /** Mean |g| at a share of 1, before it is clipped; 0 where nothing is. */
  readonly size: number
}

/**
 * The contributor half of EF-Vote: p = g + e, a weight for each block's mean |p|, the signs of p;
 * counted, e ← clip(p − s·w·unit), and otherwise the whole p is owed. With the scaled down-link
 * p = γg + e. Where the settings clip, g is scaled down first if it is a burst.
 */
export function efVoteContributor(
  settings: EfVoteSettings,
  shape: VectorShape,
): ContributorHalf<Ballot, Owed, Claim> {
  const scaleOf = (terms: RoundTerms) => (settings.down === 'scaled' ? terms.learningRate : 1)
  const clips = typeof settings.clip === 'number'
  return {
    init: () => ({ e: zeros(shape), recent: [] }),
    cast({ e, recent }, gradient, terms) {
      const size = clips ? usualSize(meanSize(gradient, 0, shape.d), terms.share) : 0
      const scale = scaleOf(terms) * clipFactor(size, recent, settings.clip)
      const owed = { a: 1, x: e, b: scale, y: gradient }
      const zero = zeroRuleOf(settings.zeroRule, terms)
      const { sum: p, signs, sizes } = combineAndSign(owed, { zero, sizes: true }, shape)
      const weights = weightsOfSizes(sizes, terms, settings)
      const ballot: Ballot = { kind: 'ballot', signs, weights }
      return { sent: ballot, pending: { p, ballot, size } }
    },
    settle(state, claim, settlement, terms) {
      if (settlement.kind === 'void') return
      if (clips) rememberSize(state.recent, claim.size)
      const common = { block: terms.block, units: unitsOf(terms), bound: settings.errorBound }
      for (const slice of terms.slices) {
        const counted = settlement.counted[slice.index] === true
        owe(state.e, claim, { ...common, slice, counted })
      }
    },
    loudness(gradient, terms) {
      const blocks = [...blocksOf(wholeSlice(shape), shape.block)]
      const sum = blocks.reduce((all, { start, end }) => all + meanSize(gradient, start, end), 0)
      const mean = (scaleOf(terms) * sum) / blocks.length
      return shape.precision === 'float32' ? Math.fround(mean) : mean
    },
  }
}

/** The grid bytes of the round, which every EF-Vote opening announces. */
export function unitsOf(terms: RoundTerms): Uint8Array {
  if (!terms.units) throw new RangeError(`round ${terms.round} of EF-Vote opened without units`)
  return terms.units
}

/**
 * w_b = min(W, round-half-even(size_b / unit_b)), then lowered to the budget slice by slice.
 * `sizes`: mean |p_b| of every block.
 */
export function weightsOfSizes(
  sizes: Float64Array,
  terms: RoundTerms,
  settings: EfVoteSettings,
): Uint8Array {
  const units = unitsOf(terms)
  const weights = new Uint8Array(sizes.length)
  sizes.forEach((size, b) => {
    weights[b] = blockWeight(size, gridValue(units[b] ?? 0))
  })
  for (const slice of terms.slices) {
    const first = slice.start / terms.block
    const last = blockCount(slice.end, terms.block)
    applyBudget(weights.subarray(first, last), units.subarray(first, last), settings)
  }
  return weights
}

/** How many units of `unit` > 0 a block of mean size `size` is loud: 0..15. */
export function blockWeight(size: number, unit: number): number {
  return Math.min(MAX_WEIGHT, roundHalfEven(size / unit))
}
