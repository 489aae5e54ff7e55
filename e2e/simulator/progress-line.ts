import type { Progress } from './simulate.ts'
import { StatusLine } from './status-line.ts'
import type { Output } from './status-line.ts'

const EVERY_MS = { terminal: 200, file: 5000 } as const

/** How far a simulation is, and how long it will take. */
export class ProgressLine {
  readonly #line: StatusLine
  readonly #title: string

  constructor(
    output: Output,
    nowMs: () => number,
    { label, simulation, simulations }: { label: string; simulation: number; simulations: number },
  ) {
    this.#line = new StatusLine(output, nowMs, EVERY_MS)
    this.#title = simulations > 1 ? `${simulation} of ${simulations}: ${label}` : label
  }

  show({ round, rounds, accuracy }: Progress): void {
    this.#line.show((passedMs) => {
      const leftMs = round > 0 ? (passedMs * (rounds - round)) / round : null
      const left = leftMs === null ? '' : `, ${Math.ceil(leftMs / 1000)} s left`
      return `${this.#title}: round ${round} of ${rounds}, accuracy ${accuracy.toFixed(4)}${left}`
    })
  }

  /** Takes the line off a terminal; returns the milliseconds since the start. */
  end(): number {
    return this.#line.end()
  }
}
