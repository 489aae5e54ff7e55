/** Where the line goes; on a terminal it is written over, elsewhere a new one comes now and then. */
export interface Output {
  readonly isTTY?: boolean
  write(text: string): unknown
}

/** One line that says how far something is, no more often than a reader can follow. */
export class StatusLine {
  readonly #output: Output
  readonly #nowMs: () => number
  readonly #everyMs: number
  readonly #startMs: number
  #shownMs = -Infinity

  constructor(output: Output, nowMs: () => number, everyMs: { terminal: number; file: number }) {
    this.#output = output
    this.#nowMs = nowMs
    this.#everyMs = output.isTTY ? everyMs.terminal : everyMs.file
    this.#startMs = nowMs()
  }

  /** `text` is asked for when the line is due, with the milliseconds since the start. */
  show(text: (passedMs: number) => string): void {
    const nowMs = this.#nowMs()
    if (nowMs - this.#shownMs < this.#everyMs) return
    this.#shownMs = nowMs
    const line = text(nowMs - this.#startMs)
    this.#output.write(this.#output.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
  }

  /** Takes the line off a terminal; returns the milliseconds since the start. */
  end(): number {
    if (this.#output.isTTY) this.#output.write('\r\x1b[K')
    return this.#nowMs() - this.#startMs
  }
}
