/** Liars that send other frames than those of their ballot. */
import type { Link } from '@quorate/client/session/ports'
import { decodeFrame, encodeFrame, kindOfFrame } from '@quorate/shared/wire/frame'
import { changed } from '../changed.ts'
import { changingFrames } from './liar.ts'
import type { Liar, LiarPorts } from './liar.ts'

/** Frames of earlier rounds that a replayer keeps. */
const KEPT = 6

/**
 * Sends old ballots again: as they were, and as if they were of this round; and each ballot of this
 * round to the coordinator as well as to the owner.
 */
export function replayer({ random, told }: LiarPorts): Liar {
  const old: Uint8Array[] = []
  let link: Link | null = null
  const variants = (frame: Uint8Array): Uint8Array[] => {
    if (kindOfFrame(frame) !== 'ballot') return [frame]
    const before = old.length > 0 ? old[random.below(old.length)] : undefined
    old.push(frame.slice())
    if (old.length > KEPT) old.shift()
    if (!before) return [frame, frame]
    told()
    const { header } = decodeFrame(frame)
    const dressedUp = encodeFrame(header, decodeFrame(before).payload)
    return random.below(2) === 0 ? [before, dressedUp, frame] : [frame, before, frame]
  }
  return {
    link: (honest) => {
      link = honest
      return changingFrames(honest, variants)
    },
    mesh: (honest) =>
      changed(honest, {
        send: async (contributor, frame, deadlineMs) => {
          const [last, ...others] = variants(frame).reverse()
          for (const other of others.reverse()) await honest.send(contributor, other, deadlineMs)
          if (random.below(2) === 0) link?.sendFrame(frame)
          return honest.send(contributor, last ?? frame, deadlineMs)
        },
      }),
  }
}

/** Tells each owner, and the coordinator, something else of the same slice. */
export function equivocator({ told }: LiarPorts): Liar {
  let link: Link | null = null
  return {
    link: (honest) => {
      link = honest
      return honest
    },
    mesh: (honest) =>
      changed(honest, {
        send: async (contributor, frame, deadlineMs) => {
          if (kindOfFrame(frame) === 'ballot') {
            told()
            link?.sendFrame(opposite(frame))
          }
          return honest.send(contributor, contributor % 2 ? opposite(frame) : frame, deadlineMs)
        },
      }),
  }
}

/** The same ballot slice with its first signs turned; well-formed. */
function opposite(frame: Uint8Array): Uint8Array {
  const { header, payload } = decodeFrame(frame)
  if (header.kind !== 'ballot') return frame
  const turned = payload.slice()
  turned[1] = ~(turned[1] as number)
  return encodeFrame(header, turned)
}
