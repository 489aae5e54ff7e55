import type { Lie } from '../scenario.ts'
import type { Liar, LiarPorts } from './liar.ts'
import { falsifier, withholder } from './owners.ts'
import { flooder, hog } from './pests.ts'
import { equivocator, replayer } from './senders.ts'
import { copier, flipper, gambler } from './voters.ts'

const LIARS: Readonly<Record<Lie, (ports: LiarPorts) => Liar>> = {
  flip: flipper,
  random: gambler,
  copy: copier,
  replay: replayer,
  equivocate: equivocator,
  'wrong-tally': falsifier,
  'withheld-tally': withholder,
  oversized: hog,
  flood: flooder,
}

/** What makes a session tell this lie. */
export function liarOf(lie: Lie, ports: LiarPorts): Liar {
  return LIARS[lie](ports)
}
