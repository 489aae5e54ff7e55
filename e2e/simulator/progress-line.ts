import type { Progress } from './simulate.ts'

/** Where the line goes; on a terminal it is written over, elsewhere a new one comes now and then. */
interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const EVERY_MS = { terminal: 200, file: 5000 } as const

/** How far a simulation is, and how long it will take. */
export class ProgressLine {
  readonly #output: Output
  readonly #nowMs: () => number
  readonly #title: string
  readonly #startMs: number
  #shownMs = -Infinity

  constructor(
    output: Output,
    nowMs: () => number,
    { label, simulation, simulations }: { label: string; simulation: number; simulations: number },
  ) {
    this.#output = output
    this.#nowMs = nowMs
    this.#title = simulations > 1 ? `${simulation} of ${simulations}: ${label}` : label
    this.#startMs = nowMs()
  }

  show({ round, rounds, accuracy }: Progress): void {
    const nowMs = this.#nowMs()
    const everyMs = this.#output.isTTY ? EVERY_MS.terminal : EVERY_MS.file
    if (nowMs - this.#shownMs < everyMs) return
    this.#shownMs = nowMs
    const leftMs = round > 0 ? ((nowMs - this.#startMs) * (rounds - round)) / round : null
    const left = leftMs === null ? '' : `, ${Math.ceil(leftMs / 1000)} s left`
    const text = `${this.#title}: round ${round} of ${rounds}, accuracy ${accuracy.toFixed(4)}${left}`
    this.#output.write(this.#output.isTTY ? `\r\x1b[K${text}` : `${text}\n`)
  }

  /** Takes the line off a terminal; returns the milliseconds since the start. */
  end(): number {
    if (this.#output.isTTY) this.#output.write('\r\x1b[K')
    return this.#nowMs() - this.#startMs
  }
}
