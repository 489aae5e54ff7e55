import type { RoundPlan } from '@quorate/shared/round/round'
import type { EventLog } from './event-log.ts'

/** So many attempts in a row without one finite gradient, and the model itself is looked at. */
const HOPELESS_ATTEMPTS = 5

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

  /** An attempt has closed, a round's number `attempts`; true when it is time to look at the model. */
  heed({ round, groups }: RoundPlan, attempts: number, events: Pick<EventLog, 'add'>): boolean {
    const asked = groups.reduce((sum, { members }) => sum + members.length, 0)
    const many = this.#contributors.size
    if (many > 0 && attempts === 1) {
      const text = `${many} of ${asked} gradients were not finite; their contributors abstained.`
      events.add('warn', 'not-finite', text, round)
    }
    this.#hopelessInARow = many === asked ? this.#hopelessInARow + 1 : 0
    if (this.#hopelessInARow < HOPELESS_ATTEMPTS) return false
    this.#hopelessInARow = 0
    return true
  }
}
