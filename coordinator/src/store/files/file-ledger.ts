import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import { CodedError } from '../../errors.ts'
import type { Ledger, LedgerEntry } from '../../training/ports.ts'
import { assertFollows } from '../ledger-order.ts'
import { LEDGER_READ_BYTES } from '../limits.ts'
import { failedWith } from './disk.ts'
import { encodeEntry } from './ledger-format.ts'
import type { Segment } from './ledger-segment.ts'
import {
  createSegment,
  damaged,
  dropSegment,
  readEntry,
  readFrame,
  withoutRecords,
} from './ledger-segment.ts'

/** What an append needs of a file; a test gives one that fails. */
export type AppendFile = Pick<FileHandle, 'write' | 'datasync' | 'truncate' | 'close'>
export type OpenAppendFile = (path: string) => Promise<AppendFile>

export interface FileLedgerOptions {
  readonly folder: string
  /** A segment that has reached this size is sealed and the next one begun. */
  readonly segmentBytes: number
  readonly openAppendFile: OpenAppendFile
}

/**
 * A ledger as a folder of segments, of which only the last is written to. Appends wait for each
 * other; reading and letting records go does not hold them up.
 */
export class FileLedger implements Ledger {
  readonly #options: FileLedgerOptions
  readonly #segments: Segment[]
  readonly #onClose: () => void
  #file: AppendFile | null = null
  #appends: Promise<void> = Promise.resolve()
  #coverings: Promise<void> = Promise.resolve()
  #state: 'open' | 'broken' | 'closed' = 'open'

  /** `segments`: checked, in order, at least one; the last one of kind full. */
  constructor(options: FileLedgerOptions, segments: Segment[], onClose: () => void) {
    this.#options = options
    this.#segments = segments
    this.#onClose = onClose
  }

  get head(): { round: number; attempt: number } | null {
    for (const segment of this.#segments.toReversed()) {
      const last = segment.entries.at(-1)
      if (last) return { round: last.round, attempt: last.attempt }
    }
    return null
  }

  append(entry: LedgerEntry): Promise<void> {
    const appended = this.#appends.then(() => this.#append(entry))
    // Nobody waits for the next segment; if it cannot be begun, the next append says so.
    this.#appends = appended.then(() => this.#makeRoom()).catch(() => {})
    return appended
  }

  async frames(fromRound: number): Promise<Uint8Array> {
    const frames: Buffer[] = []
    let sizeBytes = 0
    for (const index of this.#segments.keys()) {
      if (this.#endsBefore(index, fromRound)) continue
      const full = await this.#reading(index, async (file, segment) => {
        for (const place of segment.entries.slice()) {
          if (place.round < fromRound) continue
          if (frames.length > 0 && sizeBytes + place.frameBytes > LEDGER_READ_BYTES) return true
          frames.push(await readFrame(file, place))
          sizeBytes += place.frameBytes
        }
        return false
      })
      if (full) break
    }
    return new Uint8Array(Buffer.concat(frames))
  }

  async *replay(fromRound: number): AsyncIterable<LedgerEntry> {
    for (const index of [...this.#segments.keys()]) {
      if (this.#endsBefore(index, fromRound)) continue
      const entries = this.#segments[index]?.entries ?? []
      for (const [position, { round }] of [...entries.entries()]) {
        if (round < fromRound) continue
        yield await this.#reading(index, async (file, segment) => {
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
    const covered = this.#coverings.then(() => this.#covered(round))
    this.#coverings = covered.catch(() => {})
    return covered
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    await Promise.all([this.#appends, this.#coverings])
    await this.#file?.close()
    this.#onClose()
  }

  async #append(entry: LedgerEntry): Promise<void> {
    if (this.#state === 'closed') throw new Error('this ledger is closed')
    if (this.#state === 'broken') {
      throw new CodedError('LEDGER_WRITE_FAILED', 'an earlier failure could not be undone')
    }
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
    let segment = this.#segments.at(-1)
    if (!segment) throw new Error('a ledger has at least one segment')
    if (this.#isFull(segment)) {
      segment = await createSegment(this.#options.folder, segment.number + 1)
      await this.#file?.close()
      this.#file = null
      this.#segments.push(segment)
    }
    this.#file ??= await this.#options.openAppendFile(segment.path)
    return segment
  }

  /** One write, synced; what fails leaves the file as it was. */
  async #write(entry: LedgerEntry, segment: Segment, bytes: Uint8Array): Promise<void> {
    const file = this.#file
    if (!file) throw new Error('the segment is not open')
    try {
      let done = 0
      while (done < bytes.length) {
        const position = segment.sizeBytes + done
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position)
        if (bytesWritten === 0) throw new Error('nothing more could be written')
        done += bytesWritten
      }
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

  async #covered(round: number): Promise<void> {
    if (this.#state === 'closed') throw new Error('this ledger is closed')
    const { folder } = this.#options
    for (let index = 0; index < this.#segments.length - 1; index++) {
      const segment = this.#segments[index]
      if (!segment || segment.kind === 'frames' || !this.#endsBefore(index, round)) continue
      try {
        this.#segments[index] = await withoutRecords(folder, segment)
        await dropSegment(folder, segment)
      } catch (error) {
        if (error instanceof CodedError) throw error
        throw new CodedError('LEDGER_WRITE_FAILED', 'records could not be let go', error)
      }
    }
  }

  get #count(): number {
    return this.#segments.reduce((sum, { entries }) => sum + entries.length, 0)
  }

  #endsBefore(index: number, round: number): boolean {
    const last = this.#segments[index]?.entries.at(-1)
    return last === undefined || last.round < round
  }

  /** Reads a segment that may be replaced by a smaller one at any moment. */
  async #reading<T>(
    index: number,
    read: (file: FileHandle, segment: Segment) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const segment = this.#segments[index]
      if (!segment) throw new Error(`there is no segment ${index}`)
      let file: FileHandle
      try {
        file = await open(segment.path, 'r')
      } catch (error) {
        if (failedWith(error, 'ENOENT') && this.#segments[index] !== segment) continue
        throw error
      }
      try {
        return await read(file, segment)
      } finally {
        await file.close()
      }
    }
  }
}

function writeFailed(entry: LedgerEntry, cause: unknown): CodedError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new CodedError('LEDGER_WRITE_FAILED', `round ${entry.round}: ${why}`, cause)
}
