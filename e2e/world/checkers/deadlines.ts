import type { Stage } from '../stage.ts'

const EVERY_MS = 250
/** A slow disk, the pause after a void attempt, and a clock that runs slow. */
const SLACK_MS = 1500
const SLACK_SHARE = 0.05

/** Every round ends by its deadline: decided, void, or with the coordinator. */
export class Deadlines {
  readonly #stage: Stage
  readonly #late = new Map<number, string>()
  #ended = false

  constructor(stage: Stage) {
    this.#stage = stage
    this.#look()
  }

  end(): string[] {
    this.#ended = true
    return [...this.#late.values()]
  }

  #look(): void {
    if (this.#ended) return
    const { witness, world, training, runId } = this.#stage
    const nowMs = world.clock.nowMs()
    const isTraining = training?.run(runId).state.kind === 'training'
    const last = [...witness.openings.values()].at(-1)
    if (isTraining && last && last.ended === null) {
      const dueMs = last.atMs + last.roundDeadlineMs * (1 + SLACK_SHARE) + SLACK_MS
      if (nowMs > dueMs) {
        const text = `deadlines: attempt ${last.attempt} is open ${Math.round(nowMs - dueMs)} ms too long`
        this.#late.set(last.attempt, text)
      }
    }
    world.clock.after(EVERY_MS, () => this.#look())
  }
}
