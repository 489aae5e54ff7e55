import type { LinkEvent } from '@quorate/client/session/ports'
import { kindOfFrame, splitFrames } from '@quorate/shared/wire/frame'
import { decodeTurn } from '@quorate/shared/wire/turn'
import type { Opening } from '@quorate/shared/wire/turn'

/** The opening in what a link brings, or null. `run`: its number in frames. */
export function openingIn(event: LinkEvent, run: number): Opening | null {
  if (event.kind !== 'frame') return null
  const turns = [...splitFrames(event.frame)].filter((frame) => kindOfFrame(frame) === 'turn')
  return turns.map((frame) => decodeTurn(frame, run).opening).find(Boolean) ?? null
}
