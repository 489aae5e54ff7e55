import { applySignsInWords, applyVerdict } from '@quorate/shared/methods/apply'
import { blockSizes, combinePlain } from '@quorate/shared/methods/combine'
import { createMethod } from '@quorate/shared/methods/create'
import { weightsOfSizes } from '@quorate/shared/methods/ef-vote-contributor'
import type { EfVoteSettings } from '@quorate/shared/methods/ef-vote-settings'
import { owe, owePlain } from '@quorate/shared/methods/ef-vote-owed'
import { gridByte } from '@quorate/shared/methods/grid'
import type { Ballot, ContributorTerms, Verdict } from '@quorate/shared/methods/method'
import { euclideanNormPlain, largestSizePlain } from '@quorate/shared/methods/norms'
import type { VotingSettings } from '@quorate/shared/methods/settings'
import { methodSettings } from '@quorate/shared/methods/settings'
import type { VectorShape } from '@quorate/shared/methods/shape'
import { boundedOdds } from '@quorate/shared/methods/sto-sign'
import { DOMAINS, roundCoins } from '@quorate/shared/random/streams'
import type { ZeroRule } from '@quorate/shared/sign/pack'
import { packSigns, packSignsInWords, signWordCount } from '@quorate/shared/sign/pack'
import { drawSigns, drawSignsPlain, noisedSignsPlain } from '@quorate/shared/sign/draw'
import { drawBits, signBits, stepBits } from './plain.ts'
import { someVector } from './vectors.ts'

/** Anything that two ways must agree on. */
type Made = Uint32Array | Uint8Array | Float32Array

/** One thing that is done in several ways, which make the same. */
export interface Comparison {
  readonly what: string
  readonly fast: () => readonly Made[]
  /** The same without WebAssembly: twin and fallback. */
  readonly typescript: () => readonly Made[]
  /** The loop that one would write first. */
  readonly naive?: () => readonly Made[]
  /** How many times faster than `naive` it must be. */
  readonly wanted?: number
}

const BLOCK = 256
const LOUDNESS = 2e-4
const SEED = 5
/** Of 16 coordinates, as in the gradient of an MLP on MNIST. */
const ZEROS = 7
const SIGMA = 0.01
const BOUND = 2 ** -9

/** All comparisons for vectors of d coordinates; they are made one after the other. */
export const comparisons: readonly ((d: number) => Comparison)[] = [
  (d) => signing('sign and pack', someVector(d, 1)),
  (d) => signing('sign and pack, 44 % zeros by coin', someVector(d, 1, ZEROS)),
  drawing,
  efVoteCast,
  efVoteSettlement,
  ssdmCast,
  zSignCast,
  stepping,
]

function termsOf(d: number): ContributorTerms {
  const units = new Uint8Array(Math.ceil(d / BLOCK)).fill(gridByte(LOUDNESS / 4))
  const slices = [{ index: 0, start: 0, end: d }]
  const learningRate = Math.fround(3e-3)
  return { runSeed: SEED, round: 3, contributor: 2, block: BLOCK, slices, learningRate, units }
}

function shapeOf(d: number): VectorShape {
  return { d, block: BLOCK, tensors: [{ offset: 0, size: d }], precision: 'float32' }
}

function contributorOf(settings: VotingSettings, d: number) {
  const { tensors } = shapeOf(d)
  return createMethod(settings, { size: d, tensors }, BLOCK).contributor
}

function usual(id: VotingSettings['id']): VotingSettings {
  return methodSettings.parse({ id }) as VotingSettings
}

function coinsOf({ runSeed, round, contributor }: ContributorTerms) {
  return roundCoins(runSeed, round, contributor)
}

function inWords(values: Float32Array, zero: ZeroRule): Uint32Array {
  const words = new Uint32Array(signWordCount(values.length))
  packSignsInWords(words, 0, { values, zero })
  return words
}

function partsOf({ signs, weights }: Ballot): readonly Made[] {
  return weights ? [signs, weights] : [signs]
}

function signing(what: string, x: Float32Array): Comparison {
  const coins = coinsOf(termsOf(x.length))
  return {
    what,
    fast: () => [packSigns(x, coins)],
    typescript: () => [inWords(x, coins)],
    naive: () => [signBits(x, coins)],
    wanted: 20,
  }
}

function drawing(d: number): Comparison {
  const x = someVector(d, 2)
  const place = { seed: SEED, domain: DOMAINS.stochasticSign, round: 3, contributor: 2 }
  const odds = boundedOdds(d, BOUND)
  return {
    what: 'stochastic sign and pack',
    fast: () => [drawSigns(x, odds, place)],
    typescript: () => [drawSignsPlain(x, odds, place)],
    naive: () => [drawBits(x, BOUND, place)],
    wanted: 4,
  }
}

/** e as it is after some rounds, so that the sum is one. */
function efVoteCast(d: number): Comparison {
  const settings = usual('ef-vote') as EfVoteSettings
  const [gradient, e] = [someVector(d, 3, ZEROS), someVector(d, 4)]
  const [terms, shape] = [termsOf(d), shapeOf(d)]
  const contributor = contributorOf(settings, d)
  const state = contributor.init() as { e: Float32Array }
  state.e.set(e)
  const [given, p] = [new Float32Array(d), new Float32Array(d)]
  return {
    what: 'cast of ef-vote',
    fast: () => {
      given.set(gradient) // a cast may overwrite what it is given
      return partsOf(contributor.cast(state, given, terms).sent)
    },
    typescript: () => {
      combinePlain({ a: 1, x: e, b: 1, y: gradient }, p)
      const weights = weightsOfSizes(blockSizes(p, shape), terms, settings)
      return [inWords(p, coinsOf(terms)), weights]
    },
  }
}

function efVoteSettlement(d: number): Comparison {
  const p = someVector(d, 5)
  const e = new Float32Array(d)
  const weights = Uint8Array.from({ length: Math.ceil(d / BLOCK) }, (_, b) => b % 16)
  const ballot: Ballot = { kind: 'ballot', signs: packSigns(p, 'plus'), weights }
  const { slices, units } = termsOf(d)
  const slice = slices[0] ?? { index: 0, start: 0, end: d }
  const at = { slice, block: BLOCK, counted: true, units: units ?? new Uint8Array(), bound: 10 }
  const settle = (by: typeof owe) => {
    by(e, { p, ballot }, at)
    return [e]
  }
  return {
    what: 'settlement of ef-vote',
    fast: () => settle(owe),
    typescript: () => settle(owePlain),
  }
}

function ssdmCast(d: number): Comparison {
  const settings = { id: 'ssdm', beta: 0.9, norm: 'l2' } as const
  const [gradient, m] = [someVector(d, 6), someVector(d, 7)]
  const terms = termsOf(d)
  const contributor = contributorOf(settings, d)
  const state = contributor.init() as { m: Float32Array; begun: Uint8Array }
  state.m.set(m)
  state.begun.fill(1)
  const [given, next] = [new Float32Array(d), new Float32Array(d)]
  const place = { seed: SEED, domain: DOMAINS.stochasticSign, round: 3, contributor: 2 }
  return {
    what: 'cast of ssdm',
    fast: () => {
      given.set(gradient)
      return partsOf(contributor.cast(state, given, terms).sent)
    },
    typescript: () => {
      combinePlain({ a: settings.beta, x: m, b: 1 - settings.beta, y: gradient }, next)
      const divisor = euclideanNormPlain(next, largestSizePlain(next))
      return [drawSignsPlain(next, [{ start: 0, end: d, factor: 0.5, divisor }], place)]
    },
  }
}

function zSignCast(d: number): Comparison {
  const x = someVector(d, 8)
  const terms = termsOf(d)
  const distribution = 'uniform'
  const settings = { id: 'z-sign-fedavg', distribution, sigma: SIGMA, zeroRule: 'coin' } as const
  const contributor = contributorOf(settings, d)
  const state = contributor.init()
  const place = { seed: SEED, domain: DOMAINS.noise, round: 3, contributor: 2 }
  const noise = { sigma: SIGMA, place, zero: coinsOf(terms) }
  return {
    what: 'cast of z-sign-fedavg',
    fast: () => partsOf(contributor.cast(state, x, terms).sent),
    typescript: () => [noisedSignsPlain(x, noise)],
  }
}

/** Each way moves a vector of its own, all from the same start and by the same number of steps. */
function stepping(d: number): Comparison {
  const { slices, learningRate: step } = termsOf(d)
  const signs = packSigns(someVector(d, 9), 'plus')
  const verdict: Verdict = { kind: 'signs', step, signs, valid: [true], nextUnits: null }
  const [fast, words, bits] = [someVector(d, 10), someVector(d, 10), someVector(d, 10)]
  return {
    what: 'step of a verdict of signs',
    fast: () => {
      applyVerdict(fast, verdict, slices, BLOCK)
      return [fast]
    },
    typescript: () => {
      for (const slice of slices) applySignsInWords(words, slice, { signs, step })
      return [words]
    },
    naive: () => [stepBits(bits, signs, step)],
  }
}
