import { applyBudget } from '@quorate/shared/methods/budget'
import type { Ballot, SignWords, VectorContribution } from '@quorate/shared/methods/method'
import { MAX_WEIGHT } from '@quorate/shared/methods/settings'
import type { MethodSettings } from '@quorate/shared/methods/settings'
import { generator } from '@quorate/shared/random/generator'
import { signAt, signWordCount } from '@quorate/shared/sign/pack'
import type { Slice } from '@quorate/shared/tally/slices'
import { blockCount } from '@quorate/shared/tally/slices'
import type { Attack } from './settings.ts'

/** Paths of the attacks' chance under a run's seed. */
const RANDOM_PATH = 0x61746b72
const COLLUDE_PATH = 0x61746b63

/** What a liar knows when it votes. */
export interface AttackTerms {
  readonly method: MethodSettings
  readonly seed: number
  readonly attempt: number
  readonly contributor: number
  readonly block: number
  readonly slices: readonly Slice[]
  /** EF-Vote's units of the round, else null. */
  readonly units: Uint8Array | null
}

const BURST = { scale: 1e4, everyRounds: 20 } as const

/** What a liar multiplies its gradient by before the method sees it. */
export function gradientScale(
  attack: Attack,
  { attempt, contributor }: Pick<AttackTerms, 'attempt' | 'contributor'>,
): number {
  if (attack === 'scale') return -10
  const bursts = attack === 'burst' && (attempt + contributor) % BURST.everyRounds === 0
  return bursts ? BURST.scale : 1
}

/**
 * What a liar sends in place of its honest `ballot`, which it has computed like everyone:
 *
 * - flip: the opposite signs, at the honest weights;
 * - flip-loud: the opposite signs, as loud as the budget allows (the owner refuses more);
 * - random: random signs at the honest weights;
 * - scale: the ballot as it is, of a gradient times −10;
 * - burst: the ballot as it is, of a gradient 1e4 times too large in one round of twenty, which is
 *   another round for the next contributor;
 * - collude: every liar the same random direction, the same in all rounds, as loud as allowed.
 */
export function lie(attack: Attack, ballot: Ballot, terms: AttackTerms): Ballot {
  const { seed, attempt, contributor } = terms
  switch (attack) {
    case 'flip':
      return { ...ballot, signs: ballot.signs.map((word) => ~word) }
    case 'flip-loud':
      return {
        ...ballot,
        signs: ballot.signs.map((word) => ~word),
        weights: loudest(ballot, terms),
      }
    case 'random':
      return {
        ...ballot,
        signs: randomSigns(ballot.signs, [seed, RANDOM_PATH, attempt, contributor]),
      }
    case 'scale':
    case 'burst':
      return ballot
    case 'collude':
      return {
        ...ballot,
        signs: randomSigns(ballot.signs, [seed, COLLUDE_PATH]),
        weights: loudest(ballot, terms),
      }
  }
}

/** Where nothing bounds what is sent, being loud means so many times the honest size. */
const LOUD = 10

/** The same lies where floats are sent: turned around, with other signs, or ten times as large. */
export function lieInFloats(
  attack: Attack,
  vector: VectorContribution,
  { seed, attempt, contributor }: AttackTerms,
): VectorContribution {
  switch (attack) {
    case 'flip':
      return times(vector, -1)
    case 'flip-loud':
      return times(vector, -LOUD)
    case 'random':
      return resigned(vector, [seed, RANDOM_PATH, attempt, contributor], 1)
    case 'scale':
    case 'burst':
      return vector
    case 'collude':
      return resigned(vector, [seed, COLLUDE_PATH], LOUD)
  }
}

/** The vector times `factor`; signs turn where scales cannot. */
function times(vector: VectorContribution, factor: number): VectorContribution {
  if (vector.kind !== 'signed') {
    return { ...vector, values: vector.values.map((value) => factor * value) }
  }
  const signs = factor < 0 ? vector.signs.map((word) => ~word) : vector.signs
  return { ...vector, signs, scales: vector.scales.map((scale) => Math.abs(factor) * scale) }
}

/** Honest sizes, times `factor`, in the direction that the generator at `path` draws. */
function resigned(
  vector: VectorContribution,
  path: [number, ...number[]],
  factor: number,
): VectorContribution {
  const louder = times(vector, factor)
  if (louder.kind === 'signed') return { ...louder, signs: randomSigns(louder.signs, path) }
  const words = randomSigns(new Uint32Array(signWordCount(louder.values.length)), path)
  const values = louder.values.map((value, i) => signAt(words, i) * Math.abs(value))
  return { ...louder, values }
}

function randomSigns(signs: SignWords, [seed, ...path]: [number, ...number[]]): SignWords {
  const chance = generator(seed, ...path)
  return signs.map(() => chance.uint32())
}

/** The largest weights within the budget; null where every vote weighs the same. */
function loudest(
  { weights }: Ballot,
  { method, block, slices, units }: AttackTerms,
): Uint8Array | null {
  if (!weights || method.id !== 'ef-vote' || !units) return null
  const loud = new Uint8Array(weights.length).fill(MAX_WEIGHT)
  for (const { start, end } of slices) {
    const [first, last] = [start / block, blockCount(end, block)]
    applyBudget(loud.subarray(first, last), units.subarray(first, last), method)
  }
  return loud
}
