import type { RoundPlan } from '@quorate/shared/round/round'
import type { EventLog } from './event-log.ts'

/** So many attempts in a row without one finite gradient, and the model itself is looked at. */
const HOPELESS_ATTEMPTS = 5

/** Gradients of an attempt that were not finite, of how many. */
export interface NotFiniteCount {
  readonly many: number
  readonly asked: number
  /** It is time to look at the model. */
  readonly hopeless: boolean
}

/** Who abstains because its gradient is not finite, and for how long nobody's has been. */
export class NotFinite {
  readonly #contributors = new Set<number>()
  #hopelessInARow = 0

  /** What was said of an attempt that was abandoned is not said of this one. */
  opened(): void {
    this.#contributors.clear()
  }

  add(contributor: number): void {
    this.#contributors.add(contributor)
  }

  /** An attempt has closed. */
  closed({ groups }: RoundPlan): NotFiniteCount {
    const asked = groups.reduce((sum, { members }) => sum + members.length, 0)
    const many = this.#contributors.size
    this.#hopelessInARow = many === asked ? this.#hopelessInARow + 1 : 0
    const hopeless = this.#hopelessInARow >= HOPELESS_ATTEMPTS
    if (hopeless) this.#hopelessInARow = 0
    return { many, asked, hopeless }
  }
}

/** For the operator, once a round. */
export function logNotFinite(
  round: number,
  { many, asked }: NotFiniteCount,
  events: Pick<EventLog, 'add'>,
): void {
  if (many === 0) return
  const text = `${many} of ${asked} gradients were not finite; their contributors abstained.`
  events.add('warn', 'not-finite', text, round)
}
