import type { Ballot, SignWords } from '../methods/method.ts'
import { signAt, signWordCount } from '../sign/pack.ts'
import { addBitSliced } from './bit-sliced.ts'
import type { SliceBallot } from './slice-ballot.ts'
import type { Slice } from './slices.ts'
import { blockCount } from './slices.ts'
import type { SliceTally } from './tally.ts'

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
  return { slice, sums, ...rollOf(ballots, blockCount(sums.length, block)) }
}

/**
 * The exact tally of one slice. `block` must be a multiple of 32; every ballot has a word for
 * every 32 coordinates and, unless null, a weight for every block. Padding bits are ignored.
 *
 * @throws DoubleVoteError when a contributor's ballot is there twice.
 */
export function tallySlice(
  slice: Slice,
  block: number,
  ballots: readonly SliceBallot[],
): SliceTally {
  const sums = new Int32Array(slice.end - slice.start)
  addBitSliced(sums, block, ballots)
  return { slice, sums, ...rollOf(ballots, blockCount(sums.length, block)) }
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
  const sums = first.sums.slice()
  for (const { slice, sums: others } of tallies.slice(1)) {
    if (slice.start !== first.slice.start || slice.end !== first.slice.end) {
      throw new RangeError(`cannot merge slices at ${first.slice.start} and ${slice.start}`)
    }
    for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + (others[i] ?? 0)
  }
  const ballots = tallies.flatMap(({ voters, weights }) =>
    voters.map((contributor, k) => ({ contributor, weights: weights?.[k] ?? null })),
  )
  const blocks = Math.max(0, ...ballots.map(({ weights }) => weights?.length ?? 0))
  return { slice: first.slice, sums, ...rollOf(ballots, blocks) }
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
  const used = length & 31
  const last = cut.length - 1
  if (used !== 0) cut[last] = (cut[last] ?? 0) & (2 ** used - 1)
  return cut
}
