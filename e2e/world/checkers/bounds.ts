import type { Stage } from '../stage.ts'

const EVERY_MS = 250
/** Timers and messages under way: of the coordinator, of each person, of one who floods. */
const OF_COORDINATOR = 60
const OF_PERSON = 80
const OF_FLOOD = 4000

/** What waits stays within bounds: timers, and messages that are under way. */
export class Bounds {
  readonly #stage: Stage
  #most = 0
  #ended = false

  constructor(stage: Stage) {
    this.#stage = stage
    this.#look()
  }

  end(): string[] {
    this.#ended = true
    const { people } = this.#stage.scenario
    const flood = people.some(({ lie }) => lie === 'flood') ? OF_FLOOD : 0
    const bound = OF_COORDINATOR + OF_PERSON * people.length + flood
    return this.#most > bound ? [`bounds: ${this.#most} timers and messages, at most ${bound}`] : []
  }

  #look(): void {
    if (this.#ended) return
    const { clock } = this.#stage.world
    this.#most = Math.max(this.#most, clock.pending)
    clock.after(EVERY_MS, () => this.#look())
  }
}
