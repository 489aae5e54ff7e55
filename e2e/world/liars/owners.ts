/** Liars that cheat on the tallies of the slices that they own. */
import { signWordCount } from '@quorate/shared/sign/pack'
import { tallySlice } from '@quorate/shared/tally/count'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { decodeSignedTally, encodeSignedTally } from '@quorate/shared/wire/audit'
import { decodeFrame, encodeFrame, kindOfFrame } from '@quorate/shared/wire/frame'
import { changingFrames, hearingOpenings } from './liar.ts'
import type { Liar, LiarPorts } from './liar.ts'

const MAX_VOTERS = 32

/** Its tallies name the right voters, and votes by lot. */
export function falsifier({ random, run, told }: LiarPorts): Liar {
  let slices = 1
  const falsified = (frame: Uint8Array): Uint8Array => {
    if (kindOfFrame(frame) !== 'tally') return frame
    const { header, payload } = decodeFrame(frame)
    const slice = sliceRanges(run.d, run.block, slices)[header.slice]
    if (!slice) return frame
    told()
    const { block } = run
    const expected = { slice, block, maxVoters: MAX_VOTERS, slices }
    const { tally, signed } = decodeSignedTally(payload, expected)
    const { voters, weights } = tally
    const ballots = voters.map((contributor, at) => {
      const words = new Uint32Array(signWordCount(slice.end - slice.start))
      const signs = words.map(() => random.uint32())
      return { contributor, signs, weights: weights?.[at] ?? null }
    })
    return encodeFrame(header, encodeSignedTally(tallySlice(slice, block, ballots), signed, slices))
  }
  return {
    link: (honest) =>
      changingFrames(
        honest,
        (frame) => [falsified(frame)],
        hearingOpenings(honest, run.number, (opening) => {
          slices = opening.slices
        }),
      ),
  }
}

/** Owners that keep their tallies to themselves. */
export function withholder({ told }: LiarPorts): Liar {
  return {
    link: (honest) =>
      changingFrames(honest, (frame) => {
        if (!['tally', 'audit'].includes(kindOfFrame(frame))) return [frame]
        told()
        return []
      }),
  }
}
