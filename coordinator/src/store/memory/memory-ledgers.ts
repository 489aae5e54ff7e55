import { CodedError } from '../../errors.ts'
import type { Ledger, LedgerEntry, Ledgers } from '../../training/ports.ts'
import { assertFollows } from '../ledger-order.ts'
import { LEDGER_READ_BYTES } from '../limits.ts'

/** Ledgers in a map; what one process wrote, a later `open` in the same process finds. */
export class MemoryLedgers implements Ledgers {
  readonly #entries = new Map<string, LedgerEntry[]>()
  readonly #open = new Set<string>()

  async open(runId: string): Promise<Ledger> {
    if (this.#open.has(runId)) throw new CodedError('LEDGER_BUSY', `ledger ${runId} is open`)
    const entries = this.#entries.get(runId) ?? []
    this.#entries.set(runId, entries)
    this.#open.add(runId)
    return new MemoryLedger(entries, () => this.#open.delete(runId))
  }

  async delete(runId: string): Promise<void> {
    if (this.#open.has(runId)) throw new CodedError('LEDGER_BUSY', `ledger ${runId} is open`)
    this.#entries.delete(runId)
  }
}

class MemoryLedger implements Ledger {
  readonly damage = null
  readonly #entries: LedgerEntry[]
  readonly #onClose: () => void
  #closed = false

  constructor(entries: LedgerEntry[], onClose: () => void) {
    this.#entries = entries
    this.#onClose = onClose
  }

  get head(): { round: number; attempt: number } | null {
    const last = this.#entries.at(-1)
    return last ? { round: last.round, attempt: last.attempt } : null
  }

  get firstRound(): number {
    return this.#entries[0]?.round ?? 0
  }

  async append(entry: LedgerEntry): Promise<void> {
    this.#assertOpen()
    assertFollows(this.head, entry, this.#entries.length)
    this.#entries.push({ ...entry, frame: entry.frame.slice(), record: entry.record.slice() })
  }

  async frames(fromRound: number): Promise<Uint8Array> {
    this.#assertOpen()
    if (fromRound < this.firstRound) {
      throw new CodedError('LEDGER_GONE', `round ${fromRound} was let go`)
    }
    const frames: Uint8Array[] = []
    let sizeBytes = 0
    for (const { round, frame } of this.#entries) {
      if (round < fromRound) continue
      if (frames.length > 0 && sizeBytes + frame.length > LEDGER_READ_BYTES) break
      frames.push(frame)
      sizeBytes += frame.length
    }
    return new Uint8Array(Buffer.concat(frames))
  }

  async *replay(fromRound: number): AsyncIterable<LedgerEntry> {
    this.#assertOpen()
    for (const entry of [...this.#entries]) {
      if (entry.round < fromRound) continue
      yield { ...entry, frame: entry.frame.slice(), record: entry.record.slice() }
    }
  }

  /** Memory keeps the records: nothing is gained by letting them go. */
  async covered(): Promise<void> {
    this.#assertOpen()
  }

  /** The last entry stays: the next has to follow on it. */
  async forget(round: number): Promise<void> {
    this.#assertOpen()
    const kept = this.#entries.findIndex((entry) => entry.round >= round)
    this.#entries.splice(0, kept < 0 ? this.#entries.length - 1 : kept)
  }

  async forgetDamage(): Promise<void> {
    this.#assertOpen()
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#onClose()
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error('this ledger is closed')
  }
}
