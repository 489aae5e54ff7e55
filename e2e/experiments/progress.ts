import type { PoolProgress } from './pool.ts'

/** Where the line goes; on a terminal it is written over, elsewhere a new one comes now and then. */
interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

const EVERY_MS = { terminal: 500, file: 30_000 } as const

/** How far all simulations are, and how long they will take. */
export class PoolLine {
  readonly #output: Output
  readonly #nowMs: () => number
  readonly #startMs: number
  #shownMs = -Infinity

  constructor(output: Output, nowMs: () => number) {
    this.#output = output
    this.#nowMs = nowMs
    this.#startMs = nowMs()
  }

  show({ finished, jobs, share }: PoolProgress): void {
    const nowMs = this.#nowMs()
    const everyMs = this.#output.isTTY ? EVERY_MS.terminal : EVERY_MS.file
    if (nowMs - this.#shownMs < everyMs) return
    this.#shownMs = nowMs
    const leftMs = share > 0 ? ((nowMs - this.#startMs) * (1 - share)) / share : null
    const left = leftMs === null ? '' : `, ${duration(leftMs)} left`
    const text = `${finished} of ${jobs} simulations, ${(100 * share).toFixed(1)} %${left}`
    this.#output.write(this.#output.isTTY ? `\r\x1b[K${text}` : `${text}\n`)
  }

  /** Takes the line off a terminal. */
  end(): void {
    if (this.#output.isTTY) this.#output.write('\r\x1b[K')
  }
}

function duration(ms: number): string {
  const minutes = Math.ceil(ms / 60_000)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
