import type { Link, LinkEvent } from '@quorate/client/session/ports'
import type { Clock } from '@quorate/shared/clock/clock'
import type { Ballot } from '@quorate/shared/methods/method'
import type { Generator } from '@quorate/shared/random/generator'
import type { Opening } from '@quorate/shared/wire/turn'
import { changed } from '../changed.ts'
import { openingIn } from '../turns.ts'
import type { VolunteerOptions } from '../world.ts'

/** A liar is a real session, and what it says and hears is changed on the way. */
export type Liar = Pick<VolunteerOptions, 'trainer' | 'link' | 'mesh'>

export interface LiarPorts {
  readonly random: Generator
  readonly clock: Clock
  /** The run in frames, its size and blocks. */
  readonly run: { readonly number: number; readonly d: number; readonly block: number }
  /** Is told of each lie. */
  readonly told: () => void
  /** A ballot that somebody else has cast in this attempt, if there is one yet. */
  readonly overhears: (attempt: number) => Ballot | null
}

/** `link`, with each opening told to `opened` before the session has it. */
export function hearingOpenings(
  link: Link,
  run: number,
  opened: (opening: Opening) => void,
): Link['listen'] {
  return (listener) => {
    link.listen((event: LinkEvent) => {
      const opening = openingIn(event, run)
      if (opening) opened(opening)
      listener(event)
    })
  }
}

/** `link` whose frames go through `change`: what it returns is sent in their place. */
export function changingFrames(
  link: Link,
  change: (frame: Uint8Array) => readonly Uint8Array[],
  listen: Link['listen'] = (listener) => link.listen(listener),
): Link {
  return changed(link, {
    listen,
    sendFrame: (frame) => {
      let up = true
      for (const one of change(frame)) up = link.sendFrame(one) && up
      return up
    },
  })
}
