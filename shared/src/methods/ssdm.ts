import type { Odds } from '../sign/draw.ts'
import { signWordCount } from '../sign/pack.ts'
import { blockCount } from '../tally/slices.ts'
import type { Ballot, ContributorHalf, FloatVector, VotingMethod } from './method.ts'
import { commitSlice, countedSlices, nextMomentum } from './momentum.ts'
import { euclideanNorm, largestSize } from './norms.ts'
import type { MethodSettings } from './settings.ts'
import type { VectorShape } from './shape.ts'
import { blocksOf, roomIn, wholeSlice, zeros } from './shape.ts'
import type { UniformSource } from './uniform-source.ts'
import { drawRoundSigns } from './uniform-source.ts'
import { voteSum } from './vote-sum.ts'

type Settings = Extract<MethodSettings, { id: 'ssdm' }>

interface SsdmState {
  /** m, [d]. */
  readonly m: FloatVector
  /** 1 for blocks whose m has begun: before, m takes the gradient as it is. */
  readonly begun: Uint8Array
}

/**
 * Stochastic Sign Descent with Momentum: s_i = +1 with probability ½ + ½·m_i/‖m‖₂; an all-zero m
 * votes 0, by weights of 0, and counts in P. The verdict is the sum of votes: x −= (γ/P)·tally.
 *
 * Source: Safaryan & Richtárik, ICML 2021, arXiv 1905.12938, algorithm 3. Its v6 corrects the
 * convergence theorem: the data must be homogeneous (METHODS.md).
 */
export function ssdm(settings: Settings, shape: VectorShape, source?: UniformSource): VotingMethod {
  const blocks = blockCount(shape.d, shape.block)
  const contributor: ContributorHalf<Ballot, SsdmState, FloatVector> = {
    init: () => ({ m: zeros(shape), begun: new Uint8Array(blocks) }),
    cast(state, gradient, terms) {
      const m = momentumOf(state, gradient, { settings, shape })
      if (largestSize(m) === 0) {
        const signs = new Uint32Array(signWordCount(shape.d))
        return { sent: { kind: 'ballot', signs, weights: new Uint8Array(blocks) }, pending: m }
      }
      const odds = plusOdds(m, settings.norm, shape)
      const signs = drawRoundSigns({ values: m, odds }, terms, source)
      return { sent: { kind: 'ballot', signs, weights: null }, pending: m }
    },
    settle(state, pending, settlement, { slices }) {
      for (const slice of countedSlices(settlement, slices)) {
        commitSlice(state.m, pending, slice)
        for (const { b } of blocksOf(slice, shape.block)) state.begun[b] = 1
      }
    },
    loudness: () => null,
  }
  return { kind: 'votes', weighted: false, contributor, coordinator: voteSum() }
}

/** m ← βm + (1−β)g, and m = g where m has not begun; in place of g once it has everywhere. */
function momentumOf(
  state: SsdmState,
  gradient: FloatVector,
  { settings, shape }: { readonly settings: Settings; readonly shape: VectorShape },
): FloatVector {
  const begun = !state.begun.includes(0)
  const next = begun ? roomIn(gradient, shape) : zeros(shape)
  nextMomentum(settings.beta, { m: state.m, gradient }, next)
  if (begun) return next
  for (const { b, start, end } of blocksOf(wholeSlice(shape), shape.block)) {
    if (!state.begun[b]) next.set(gradient.subarray(start, end), start)
  }
  return next
}

/**
 * P(s_i = +1) = ½ + ½·m_i/‖m‖₂ with the norm over the whole vector, or, for "linf-block",
 * ½ + ½·m_i/max|m| over m_i's tensor (½ in a tensor of zeros). m is not all zero.
 */
export function plusOdds(
  m: FloatVector,
  norm: 'l2' | 'linf-block',
  { tensors, d }: Pick<VectorShape, 'tensors' | 'd'>,
): readonly Odds[] {
  const parts = norm === 'l2' ? [{ offset: 0, size: d }] : tensors
  return parts.map(({ offset: start, size }) => {
    const end = start + size
    const part = m.subarray(start, end)
    const length = norm === 'l2' ? euclideanNorm(part) : largestSize(part)
    return { start, end, factor: 0.5, divisor: length === 0 ? 1 : length }
  })
}
