import { StatusLine } from '../simulator/status-line.ts'
import type { Output } from '../simulator/status-line.ts'
import type { PoolProgress } from './pool.ts'

const EVERY_MS = { terminal: 500, file: 30_000 } as const

/** How far all simulations are, and how long they will take. */
export class PoolLine {
  readonly #line: StatusLine

  constructor(output: Output, nowMs: () => number) {
    this.#line = new StatusLine(output, nowMs, EVERY_MS)
  }

  show({ finished, jobs, share }: PoolProgress): void {
    this.#line.show((passedMs) => {
      const leftMs = share > 0 ? (passedMs * (1 - share)) / share : null
      const left = leftMs === null ? '' : `, ${duration(leftMs)} left`
      return `${finished} of ${jobs} simulations, ${(100 * share).toFixed(1)} %${left}`
    })
  }

  /** Takes the line off a terminal. */
  end(): void {
    this.#line.end()
  }
}

function duration(ms: number): string {
  const minutes = Math.ceil(ms / 60_000)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
