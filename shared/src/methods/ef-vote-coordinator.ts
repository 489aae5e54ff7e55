import { packSignsInto, signAt, signWordCount } from '../sign/pack.ts'
import { blockCount } from '../tally/slices.ts'
import type { MergedTally, SliceTally } from '../tally/tally.ts'
import { unitsOf } from './ef-vote-contributor.ts'
import type { EfVoteSettings } from './ef-vote-settings.ts'
import { gridByte, gridValue } from './grid.ts'
import { tieRuleOf } from './majority.ts'
import type {
  CoordinatorHalf,
  CoordinatorTerms,
  FloatVector,
  SignWords,
  VerdictStep,
} from './method.ts'
import { restoreVectorAndUnits, saveVectorAndUnits } from './saved-state.ts'
import { MAX_WEIGHT } from './settings.ts'
import type { VectorShape } from './shape.ts'
import { blocksOf, meanSize, median, zeros } from './shape.ts'

interface EfVoteState {
  /** [d]: the aggregated momentum m or, with the scaled down-link, the residual e_s. */
  readonly vector: FloatVector
  /** Grid bytes announced for the next round; null before calibration. */
  units: Uint8Array | null
}

/**
 * The coordinator half of EF-Vote: V = tally·unit/P; sign down-link: m ← βm + (1−β)V, verdict
 * sign m; scaled: q = V + e_s, verdict sign q times grid(mean|q_b|), e_s ← q − sent. The next
 * round's units follow the median weight of each block.
 */
export function efVoteCoordinator(
  settings: EfVoteSettings,
  shape: VectorShape,
): CoordinatorHalf<MergedTally, EfVoteState> {
  const blocks = blockCount(shape.d, shape.block)
  const step = settings.down === 'sign' ? signStep : scaledStep
  return {
    calibrates: true,
    init: () => ({ vector: zeros(shape), units: null }),
    calibrate(state, reports) {
      const unit = gridByte((settings.kappa * median(reports)) / MAX_WEIGHT)
      state.units = new Uint8Array(blocks).fill(unit)
      return state.units.slice()
    },
    units: (state) => state.units?.slice() ?? null,
    decide(state, tally, terms) {
      const valid = tally.slices.filter(({ slice }) => terms.valid[slice.index])
      const verdict = step(state.vector, { ...tally, slices: valid }, { terms, settings })
      state.units = nextUnits({ ...tally, slices: valid }, unitsOf(terms), settings)
      return { ...verdict, valid: [...terms.valid], nextUnits: state.units.slice() }
    },
    save: (state) => saveVectorAndUnits(state),
    restore: (bytes) => restoreVectorAndUnits(bytes, shape.d, blocks),
  }
}

interface Deciding {
  readonly terms: CoordinatorTerms
  readonly settings: EfVoteSettings
}

/** m ← βm + (1−β)V in the slices of `tally`, in place; the verdict is sign m. */
function signStep(m: FloatVector, tally: MergedTally, { terms, settings }: Deciding): VerdictStep {
  const signs: SignWords = new Uint32Array(signWordCount(tally.d))
  const zero = tieRuleOf(settings.tieRule, terms)
  for (const part of tally.slices) {
    const { start, end } = part.slice
    eachVote(part, terms, (i, vote) => {
      m[i] = settings.beta * (m[i] ?? 0) + (1 - settings.beta) * vote
    })
    packSignsInto(signs, start, { values: m.subarray(start, end), zero })
  }
  return { kind: 'signs', step: terms.learningRate, signs }
}

/** q = V + e_s; sent = sign q (zero → +1) · grid(mean|q_b|); e_s ← q − sent, in place. */
function scaledStep(e: FloatVector, tally: MergedTally, { terms }: Deciding): VerdictStep {
  const signs: SignWords = new Uint32Array(signWordCount(tally.d))
  const steps = new Uint8Array(blockCount(tally.d, terms.block))
  for (const part of tally.slices) {
    const { start, end } = part.slice
    eachVote(part, terms, (i, vote) => {
      e[i] = vote + (e[i] ?? 0)
    })
    packSignsInto(signs, start, { values: e.subarray(start, end), zero: 'plus' })
    for (const block of blocksOf(part.slice, terms.block)) {
      const byte = gridByte(meanSize(e, block.start, block.end))
      steps[block.b] = byte
      const sent = gridValue(byte)
      for (let i = block.start; i < block.end; i++) e[i] = (e[i] ?? 0) - signAt(signs, i) * sent
    }
  }
  return { kind: 'scaled', steps, signs }
}

/** Calls `take` with V_i = tally_i·unit_b/P of every coordinate of a slice. */
function eachVote(
  { slice, sums, voters }: SliceTally,
  terms: CoordinatorTerms,
  take: (i: number, vote: number) => void,
): void {
  const units = unitsOf(terms)
  for (const { b, start, end } of blocksOf(slice, terms.block)) {
    const unit = gridValue(units[b] ?? 0)
    for (let i = start; i < end; i++) take(i, ((sums[i - slice.start] ?? 0) * unit) / voters.length)
  }
}

/**
 * unit_b ← grid(clip(κ·max(μ_b, f)/W, unit_b/2, 2·unit_b)) with μ_b = unit_b · the median weight
 * of the counted ballots and f = φ · mean μ, in the blocks of the slices given; other blocks keep
 * their unit.
 */
function nextUnits(tally: MergedTally, units: Uint8Array, settings: EfVoteSettings): Uint8Array {
  const next = units.slice()
  const loud = tally.slices.flatMap(({ slice, weights }) =>
    [...blocksOf(slice, tally.block)].map(({ b }, k) => {
      const unit = gridValue(units[b] ?? 0)
      return { b, unit, mu: unit * (weights ? median(weights.map((one) => one[k] ?? 0)) : 1) }
    }),
  )
  const floor = (settings.floor * loud.reduce((sum, { mu }) => sum + mu, 0)) / loud.length
  for (const { b, unit, mu } of loud) {
    const wanted = (settings.kappa * Math.max(mu, floor)) / MAX_WEIGHT
    next[b] = gridByte(Math.max(unit / 2, Math.min(2 * unit, wanted)))
  }
  return next
}
