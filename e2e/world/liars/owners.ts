/** Liars that cheat on the tallies of the slices that they own. */
import { signWordCount } from '@quorate/shared/sign/pack'
import { tallySlice } from '@quorate/shared/tally/count'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { decodeFrame, encodeFrame, kindOfFrame } from '@quorate/shared/wire/frame'
import { decodeTally, encodeTally } from '@quorate/shared/wire/tally'
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
    const { voters, weights } = decodeTally(payload, { slice, block, maxVoters: MAX_VOTERS })
    const ballots = voters.map((contributor, at) => {
      const words = new Uint32Array(signWordCount(slice.end - slice.start))
      const signs = words.map(() => random.uint32())
      return { contributor, signs, weights: weights?.[at] ?? null }
    })
    return encodeFrame(header, encodeTally(tallySlice(slice, block, ballots)))
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
        if (kindOfFrame(frame) !== 'tally') return [frame]
        told()
        return []
      }),
  }
}
