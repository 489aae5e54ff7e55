import type { Output as Stream } from '../simulator/status-line.ts'
import { StatusLine } from '../simulator/status-line.ts'

const EVERY_MS = { terminal: 500, file: 10_000 } as const

/** Where the soak tells how far it is, and what it has found. */
export class Output {
  readonly nowMs: () => number
  readonly #line: StatusLine
  readonly #write: (text: string) => void

  constructor(
    nowMs: () => number,
    { progress, write }: { progress: Stream; write: (text: string) => void },
  ) {
    this.nowMs = nowMs
    this.#line = new StatusLine(progress, nowMs, EVERY_MS)
    this.#write = write
  }

  progress(text: () => string): void {
    this.#line.show(text)
  }

  print(text: string): void {
    this.#write(`${text}\n`)
  }

  end(): void {
    this.#line.end()
  }
}
