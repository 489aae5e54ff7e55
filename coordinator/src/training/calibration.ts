import type { Clock } from '@quorate/shared/clock/clock'

/** The opening phase at work: one finite report a contributor, until all are in or time is up. */
export class Calibration {
  readonly #expected: Set<number>
  readonly #reports = new Map<number, number>()
  readonly #done: (reports: readonly number[]) => void
  readonly #cancelTimer: () => void
  #over = false

  constructor(
    expected: readonly number[],
    out: { clock: Clock; deadlineMs: number; done: (reports: readonly number[]) => void },
  ) {
    this.#expected = new Set(expected)
    this.#done = out.done
    this.#cancelTimer = out.clock.after(out.deadlineMs, () => this.#finish())
  }

  /** `value` is rounded to float32, as the ledger keeps it; too large for that, it is none. */
  report(contributor: number, value: number): void {
    if (!this.#expected.has(contributor) || this.#reports.has(contributor)) return
    const rounded = Math.fround(value)
    if (Number.isFinite(rounded)) this.#reports.set(contributor, rounded)
    else this.#expected.delete(contributor)
    this.#check()
  }

  left(contributor: number): void {
    if (this.#reports.has(contributor)) return
    this.#expected.delete(contributor)
    this.#check()
  }

  cancel(): void {
    this.#over = true
    this.#cancelTimer()
  }

  #check(): void {
    if ([...this.#expected].every((contributor) => this.#reports.has(contributor))) this.#finish()
  }

  #finish(): void {
    if (this.#over) return
    this.cancel()
    const ordered = [...this.#reports].sort(([a], [b]) => a - b)
    this.#done(ordered.map(([, value]) => value))
  }
}
