import type { Ballot, SignWords } from '../methods/method.ts'
import { signAt, signWordCount } from '../sign/pack.ts'
import type { Addend, BitPlane } from './addend.ts'
import { planesFor } from './addend.ts'
import { countPlanes } from './count-planes.ts'
import type { SliceBallot } from './slice-ballot.ts'
import type { Slice } from './slices.ts'
import { blockCount } from './slices.ts'
import { SliceTally, blockTotals } from './tally.ts'
import type { TallyParts } from './tally.ts'

/** A contributor's ballot comes twice: counted twice, its vote would weigh double. */
export class DoubleVoteError extends Error {
  readonly code = 'VOTED_TWICE'
}

/** The part of `ballot` that lies in `slice`, copied; padding bits are 0. */
export function cutBallot(
  ballot: Ballot,
  slice: Slice,
  block: number,
  contributor: number,
): SliceBallot {
  const firstBlock = slice.start / block
  const blocks = blockCount(slice.end - slice.start, block)
  return {
    contributor,
    signs: cutSigns(ballot.signs, slice),
    weights: ballot.weights && ballot.weights.slice(firstBlock, firstBlock + blocks),
  }
}

/**
 * The plain reference of `tallySlice`, for blocks of any size: sums[i] = Σ_n w_{n,b} · s_{n,i}.
 *
 * @public the plain reference
 */
export function tallyPlain(
  slice: Slice,
  block: number,
  ballots: readonly SliceBallot[],
): SliceTally {
  const sums = new Int32Array(slice.end - slice.start)
  for (const { signs, weights } of ballots) {
    for (let i = 0; i < sums.length; i++) {
      const weight = weights ? (weights[Math.floor(i / block)] ?? 0) : 1
      sums[i] = (sums[i] ?? 0) + weight * signAt(signs, i)
    }
  }
  return tallyOfSums({ slice, block, ...rollOf(ballots, blockCount(sums.length, block)) }, sums)
}

/**
 * The tally without the ballots `less` of some of its voters, and with `more` of others.
 *
 * @throws DoubleVoteError when one of `more` is counted already.
 */
export function recomposed(
  tally: SliceTally,
  { less, more }: { less: readonly SliceBallot[]; more: readonly SliceBallot[] },
): SliceTally {
  const { slice, block } = tally
  const gone = new Set(less.map(({ contributor }) => contributor))
  const blocks = blockCount(slice.end - slice.start, block)
  const kept = tally.voters.flatMap((contributor, k) => {
    const weights = tally.weights?.[k] ?? null
    return gone.has(contributor) ? [] : { contributor, signs: new Uint32Array(0), weights }
  })
  const sums = tally.sums.slice()
  const add = (factor: 1 | -1) => (ballot: SliceBallot) => {
    for (let i = 0; i < sums.length; i++) {
      const weight = ballot.weights ? (ballot.weights[Math.floor(i / block)] ?? 0) : 1
      sums[i] = (sums[i] ?? 0) + factor * weight * signAt(ballot.signs, i)
    }
  }
  less.forEach(add(-1))
  more.forEach(add(1))
  return tallyOfSums({ slice, block, ...rollOf([...kept, ...more], blocks) }, sums)
}

function tallyOfSums(roll: Omit<TallyParts, 'planes'>, sums: Int32Array): SliceTally {
  const totals = blockTotals(roll)
  const { block } = roll
  const planes = Array.from(
    { length: planesFor(Math.max(0, ...totals)) },
    () => new Uint32Array(signWordCount(sums.length)),
  )
  sums.forEach((sum, i) => {
    const count = (sum + (totals[Math.floor(i / block)] ?? 0)) / 2
    planes.forEach((plane, k) => {
      plane[i >>> 5] = (plane[i >>> 5] ?? 0) | (((count >>> k) & 1) << (i & 31))
    })
  })
  return new SliceTally({ ...roll, planes }, sums)
}

/**
 * The exact tally of one slice. `block` must be a multiple of 32; every ballot has a word for
 * every 32 coordinates and, unless null, a weight 0..15 for every block. Padding bits are ignored.
 *
 * @throws DoubleVoteError when a contributor's ballot is there twice.
 */
export function tallySlice(
  slice: Slice,
  block: number,
  ballots: readonly SliceBallot[],
): SliceTally {
  if (block % 32 !== 0) throw new RangeError(`blocks of ${block} begin within words`)
  const roll = { slice, block, ...rollOf(ballots, blockCount(slice.end - slice.start, block)) }
  const addends = ballots.map(({ signs, weights }) => ({ planes: [signs], weights }))
  return new SliceTally({ ...roll, planes: planesOf(addends, roll) })
}

/** Who voted, ascending, with the weights in the same order: null where all are null. */
function rollOf(
  ballots: readonly Pick<SliceBallot, 'contributor' | 'weights'>[],
  blocks: number,
): Pick<SliceTally, 'voters' | 'weights'> {
  const roll = [...ballots].sort((a, b) => a.contributor - b.contributor)
  roll.forEach(({ contributor }, k) => {
    if (contributor === roll[k - 1]?.contributor) {
      throw new DoubleVoteError(`contributor ${contributor} voted twice in one slice`)
    }
  })
  const weighted = roll.some(({ weights }) => weights !== null)
  return {
    voters: roll.map(({ contributor }) => contributor),
    weights: weighted ? roll.map(({ weights }) => weights ?? new Uint8Array(blocks).fill(1)) : null,
  }
}

/**
 * The tally of all voters of several tallies of one slice, which must have no voter in common.
 *
 * @throws DoubleVoteError when a voter is in two of them.
 */
export function mergeTallies(tallies: readonly SliceTally[]): SliceTally {
  const [first] = tallies
  if (!first) throw new RangeError('no tallies to merge')
  const { slice, block } = first
  for (const other of tallies) {
    if (
      other.slice.start !== slice.start ||
      other.slice.end !== slice.end ||
      other.block !== block
    ) {
      throw new RangeError(`cannot merge slices at ${slice.start} and ${other.slice.start}`)
    }
  }
  const ballots = tallies.flatMap(({ voters, weights }) =>
    voters.map((contributor, k) => ({ contributor, weights: weights?.[k] ?? null })),
  )
  const roll = { slice, block, ...rollOf(ballots, blockCount(slice.end - slice.start, block)) }
  const addends = tallies.map(({ planes }) => ({ planes, weights: null }))
  return new SliceTally({ ...roll, planes: planesOf(addends, roll) })
}

/** The planes of a tally: what `addends` sum up to, without the padding bits. */
function planesOf(
  addends: readonly Addend[],
  roll: Omit<TallyParts, 'planes'>,
): readonly BitPlane[] {
  const { slice, block } = roll
  const size = slice.end - slice.start
  const totals = roll.weights ? blockTotals(roll) : [roll.voters.length]
  const planes = planesFor(totals.reduce((most, total) => Math.max(most, total), 0))
  const counted = countPlanes(addends, { words: signWordCount(size), block, planes })
  for (const plane of counted) clearPadding(plane, size)
  return counted
}
/** The bits start..end − 1, moved to bit 0; runs cut at words, golden vectors need not. */
function cutSigns(signs: SignWords, { start, end }: Slice): SignWords {
  const length = end - start
  const from = start >>> 5
  const shift = start & 31
  const cut = signs.slice(from, from + signWordCount(length))
  if (shift !== 0) {
    for (let word = 0; word < cut.length; word++) {
      const low = (signs[from + word] ?? 0) >>> shift
      cut[word] = low | ((signs[from + word + 1] ?? 0) << (32 - shift))
    }
  }
  clearPadding(cut, length)
  return cut
}

/** Clears the bits beyond `size` of the last word. */
function clearPadding(words: SignWords, size: number): void {
  const used = size & 31
  const last = words.length - 1
  if (used !== 0) words[last] = (words[last] ?? 0) & (2 ** used - 1)
}
