import { detailOf } from '@quorate/shared/failure/detail'
import { CodedError } from '../../errors.ts'
import type { Ledger, LedgerEntry } from '../../training/ports.ts'
import { assertFollows } from '../ledger-order.ts'
import { LEDGER_READ_BYTES } from '../limits.ts'
import type { Disk, DiskFile } from './disk.ts'
import { failedWith, writeAll } from './disk.ts'
import { dropAside, dropBelow } from './ledger-folder.ts'
import type { LoadedLedger } from './ledger-folder.ts'
import { encodeEntry } from './ledger-format.ts'
import type { Segment } from './ledger-segment.ts'
import { createSegment, damaged, dropSegment, readEntry, withoutRecords } from './ledger-segment.ts'

export interface FileLedgerOptions {
  readonly disk: Disk
  readonly folder: string
  /** A segment that has reached this size is sealed and the next one begun. */
  readonly segmentBytes: number
  /** Of the first entry, where there is none yet. */
  readonly from: number
}

/**
 * A ledger as a folder of segments, of which only the last is written to. Appends wait for each
 * other; reading and letting go do not hold them up.
 */
export class FileLedger implements Ledger {
  readonly damage: string | null
  readonly #options: FileLedgerOptions
  /** In order, at least one; the last one of kind full. */
  readonly #segments: Segment[]
  readonly #onClose: () => void
  #file: DiskFile | null = null
  #appends: Promise<void> = Promise.resolve()
  /** Of what makes the ledger smaller, one after the other. */
  #tidying: Promise<void> = Promise.resolve()
  #state: 'open' | 'broken' | 'closed' = 'open'

  constructor(options: FileLedgerOptions, loaded: LoadedLedger, onClose: () => void) {
    this.#options = options
    this.#segments = loaded.segments
    this.damage = loaded.damage
    this.#onClose = onClose
  }

  get head(): { round: number; attempt: number } | null {
    for (const segment of this.#segments.toReversed()) {
      const last = segment.entries.at(-1)
      if (last) return { round: last.round, attempt: last.attempt }
    }
    return null
  }

  get firstRound(): number {
    const first = this.#segments.find(({ entries }) => entries.length > 0)
    return first?.entries[0]?.round ?? this.#options.from
  }

  append(entry: LedgerEntry): Promise<void> {
    const appended = this.#appends.then(() => this.#append(entry))
    // Nobody waits for the next segment; if it cannot be begun, the next append says so.
    this.#appends = appended.then(() => this.#makeRoom()).catch(() => {})
    return appended
  }

  async frames(fromRound: number): Promise<Uint8Array> {
    if (fromRound < this.firstRound) throw gone(fromRound)
    const frames: Uint8Array[] = []
    let sizeBytes = 0
    for (const { number } of this.#from(fromRound)) {
      const full = await this.#reading(number, async (file, segment) => {
        for (const place of segment.entries.slice()) {
          if (place.round < fromRound) continue
          if (frames.length > 0 && sizeBytes + place.frameBytes > LEDGER_READ_BYTES) return true
          frames.push((await readEntry(file, segment, place)).frame)
          sizeBytes += place.frameBytes
        }
        return false
      })
      if (full) break
    }
    return new Uint8Array(Buffer.concat(frames))
  }

  async *replay(fromRound: number): AsyncIterable<LedgerEntry> {
    for (const { number, entries } of this.#from(fromRound)) {
      for (const [position, { round }] of [...entries.entries()]) {
        if (round < fromRound) continue
        yield await this.#reading(number, async (file, segment) => {
          const place = segment.entries[position]
          if (!place) throw damaged(segment.path, `round ${round} is missing`)
          if (segment.kind === 'frames') {
            throw new CodedError('LEDGER_COVERED', `the record of round ${round} was let go`)
          }
          return readEntry(file, segment, place)
        })
      }
    }
  }

  covered(round: number): Promise<void> {
    return this.#tidy('records could not be let go', () => this.#covered(round))
  }

  forget(round: number): Promise<void> {
    return this.#tidy('old rounds could not be let go', () => this.#forget(round))
  }

  forgetDamage(): Promise<void> {
    const { disk, folder } = this.#options
    return this.#tidy('what was set aside could not be deleted', () => dropAside(disk, folder))
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    await Promise.all([this.#appends, this.#tidying])
    await this.#file?.close()
    this.#onClose()
  }

  async #append(entry: LedgerEntry): Promise<void> {
    if (this.#state === 'closed') throw new Error('this ledger is closed')
    if (this.#state === 'broken') await this.#mend(entry)
    assertFollows(this.head, entry, this.#count)
    let segment: Segment
    try {
      segment = await this.#writable()
    } catch (error) {
      throw writeFailed(entry, error)
    }
    const bytes = encodeEntry(entry, segment.salt)
    await this.#write(entry, segment, bytes)
    segment.entries.push({
      round: entry.round,
      attempt: entry.attempt,
      offset: segment.sizeBytes,
      frameBytes: entry.frame.length,
      recordBytes: entry.record.length,
    })
    segment.sizeBytes += bytes.length
  }

  /** Begins the next segment where the last one is full, so that no append has to. */
  async #makeRoom(): Promise<void> {
    if (this.#state === 'open' && this.#isFull(this.#segments.at(-1))) await this.#writable()
  }

  #isFull(segment: Segment | undefined): boolean {
    if (!segment) return false
    return segment.entries.length > 0 && segment.sizeBytes >= this.#options.segmentBytes
  }

  /** The last segment, or a new one where that is full; its file is open. */
  async #writable(): Promise<Segment> {
    const { disk, folder } = this.#options
    let segment = this.#segments.at(-1)
    if (!segment) throw new Error('a ledger has at least one segment')
    if (this.#isFull(segment)) {
      segment = await createSegment(disk, folder, segment.number + 1)
      await this.#file?.close()
      this.#file = null
      this.#segments.push(segment)
    }
    this.#file ??= await disk.open(segment.path, 'r+')
    return segment
  }

  /** One write, synced; what fails leaves the file as it was. */
  async #write(entry: LedgerEntry, segment: Segment, bytes: Uint8Array): Promise<void> {
    const file = this.#file
    if (!file) throw new Error('the segment is not open')
    try {
      await writeAll(file, bytes, segment.sizeBytes)
      await file.datasync()
    } catch (error) {
      try {
        await file.truncate(segment.sizeBytes)
        await file.datasync()
      } catch (undoError) {
        this.#state = 'broken'
        throw writeFailed(entry, new AggregateError([error, undoError], 'write and undo failed'))
      }
      throw writeFailed(entry, error)
    }
  }

  /** What an earlier failure left behind the last entry is cut off, or nothing is written. */
  async #mend(entry: LedgerEntry): Promise<void> {
    const segment = this.#segments.at(-1)
    try {
      await this.#file?.truncate(segment?.sizeBytes ?? 0)
      await this.#file?.datasync()
      this.#state = 'open'
    } catch (error) {
      const why = `an earlier failure could not be undone (${detailOf(error)})`
      throw new CodedError('LEDGER_WRITE_FAILED', `round ${entry.round}: ${why}`, error)
    }
  }

  #tidy(what: string, work: () => Promise<void>): Promise<void> {
    const done = this.#tidying.then(async () => {
      if (this.#state === 'closed') throw new Error('this ledger is closed')
      try {
        await work()
      } catch (error) {
        if (error instanceof CodedError) throw error
        throw new CodedError('LEDGER_WRITE_FAILED', `${what}: ${detailOf(error)}`, error)
      }
    })
    this.#tidying = done.catch(() => {})
    return done
  }

  async #covered(round: number): Promise<void> {
    const { disk, folder } = this.#options
    for (const [index, segment] of this.#segments.slice(0, -1).entries()) {
      if (segment.kind === 'frames' || !endsBefore(segment, round)) continue
      const frames = await withoutRecords(disk, folder, segment)
      this.#segments[index] = frames
      await dropSegment(disk, folder, segment)
    }
  }

  async #forget(round: number): Promise<void> {
    const { disk, folder } = this.#options
    // One with entries stays: the next has to follow on it.
    const last = this.#segments.findLastIndex(({ entries }) => entries.length > 0)
    const kept = this.#segments.findIndex(
      (segment, index) => index >= last || !endsBefore(segment, round),
    )
    const first = this.#segments[kept]
    if (kept < 1 || !first) return
    this.#segments.splice(0, kept)
    await dropBelow(disk, folder, first.number)
  }

  get #count(): number {
    return this.#segments.reduce((sum, { entries }) => sum + entries.length, 0)
  }

  /** Segments with entries of `round` and later. */
  #from(round: number): Segment[] {
    return this.#segments.filter((segment) => !endsBefore(segment, round))
  }

  /** Reads a segment that may be replaced by a smaller one at any moment, or go. */
  async #reading<T>(
    number: number,
    read: (file: DiskFile, segment: Segment) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const segment = this.#segments.find((each) => each.number === number)
      if (!segment) throw gone(null)
      let file: DiskFile
      try {
        file = await this.#options.disk.open(segment.path, 'r')
      } catch (error) {
        if (!failedWith(error, 'ENOENT')) throw error
        if (this.#segments.includes(segment)) throw damaged(segment.path, 'it is missing')
        continue
      }
      try {
        return await read(file, segment)
      } finally {
        await file.close()
      }
    }
  }
}

function endsBefore({ entries }: Segment, round: number): boolean {
  const last = entries.at(-1)
  return last === undefined || last.round < round
}

function gone(round: number | null): CodedError {
  const what = round === null ? 'These rounds were' : `Round ${round} and those after it were`
  return new CodedError('LEDGER_GONE', `${what} let go; begin at the newest checkpoint.`)
}

function writeFailed(entry: LedgerEntry, cause: unknown): CodedError {
  return new CodedError('LEDGER_WRITE_FAILED', `round ${entry.round}: ${detailOf(cause)}`, cause)
}
