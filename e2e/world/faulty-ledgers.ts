import type { KnownRounds, Ledger, LedgerEntry, Ledgers } from '@quorate/coordinator/training/ports'
import type { Clock } from '@quorate/shared/clock/clock'

/** What a disk does with an append. */
export type DiskFault =
  /** The bytes are there at once, and the answer takes its time. */
  | { readonly kind: 'answers-late'; readonly delayMs: number }
  /** The bytes are there only with the answer. */
  | { readonly kind: 'writes-late'; readonly delayMs: number }
  /** Nothing is written. */
  | { readonly kind: 'full' }
  /** The bytes are there, and an error is reported all the same. */
  | { readonly kind: 'lies' }
  | { readonly kind: 'none' }

/** Ledgers on a disk with faults, one append at a time: `faultOf` is asked before each. */
export class FaultyLedgers implements Ledgers {
  readonly #inner: Ledgers
  readonly #clock: Clock
  readonly #faultOf: (entry: LedgerEntry) => DiskFault

  constructor(inner: Ledgers, clock: Clock, faultOf: (entry: LedgerEntry) => DiskFault) {
    this.#inner = inner
    this.#clock = clock
    this.#faultOf = faultOf
  }

  async open(runId: string, known?: KnownRounds): Promise<Ledger> {
    const inner = await this.#inner.open(runId, known)
    const wait = (delayMs: number) =>
      new Promise<void>((resolve) => this.#clock.after(delayMs, resolve))
    return {
      get head() {
        return inner.head
      },
      append: async (entry) => {
        const fault = this.#faultOf(entry)
        if (fault.kind === 'full') throw writeFailed('no space left on device')
        if (fault.kind === 'writes-late') await wait(fault.delayMs)
        await inner.append(entry)
        if (fault.kind === 'answers-late') await wait(fault.delayMs)
        if (fault.kind === 'lies') throw writeFailed('input/output error')
      },
      frames: (from) => inner.frames(from),
      replay: (from) => inner.replay(from),
      covered: (round) => inner.covered(round),
      damage: inner.damage,
      get firstRound() {
        return inner.firstRound
      },
      forget: (round) => inner.forget(round),
      forgetDamage: () => inner.forgetDamage(),
      close: () => inner.close(),
    }
  }

  delete(runId: string): Promise<void> {
    return this.#inner.delete(runId)
  }
}

function writeFailed(detail: string): Error {
  return Object.assign(new Error(detail), { code: 'LEDGER_WRITE_FAILED' })
}
