import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { CodedError } from '../../errors.ts'
import type { LedgerEntry } from '../../training/ports.ts'
import type { Disk, DiskFile } from './disk.ts'
import { removeIfThere, writeWhole } from './disk.ts'
import type { EntryPlace, Hole } from './ledger-format.ts'
import {
  decodeEntry,
  encodeEntry,
  encodeSegmentHeader,
  entryBytes,
  scanSegment,
  SEGMENT_HEADER_BYTES,
} from './ledger-format.ts'

/** One file of a ledger: `000001.full` with records, `000001.frames` when they were let go. */
export interface Segment {
  readonly number: number
  readonly kind: SegmentKind
  readonly path: string
  readonly salt: number
  readonly entries: EntryPlace[]
  sizeBytes: number
}

export type SegmentKind = 'full' | 'frames'

export interface SegmentName {
  readonly number: number
  readonly kind: SegmentKind
}

/** A segment as the disk has it: what is right of it, and where it is not. */
export interface ReadSegment {
  readonly segment: Segment
  readonly holes: readonly Hole[]
  readonly torn: boolean
}

/** Makes the next, empty segment; it is on disk when this resolves. */
export async function createSegment(disk: Disk, folder: string, number: number): Promise<Segment> {
  const salt = randomBytes(4).readUInt32LE()
  const path = segmentPath(folder, { number, kind: 'full' })
  await writeWhole(disk, encodeSegmentHeader(salt), { path })
  return { number, kind: 'full', path, salt, entries: [], sizeBytes: SEGMENT_HEADER_BYTES }
}

/** Reads and checks a segment, and changes nothing; null when its header is wrong. */
export async function readSegment(
  disk: Disk,
  folder: string,
  name: SegmentName,
): Promise<ReadSegment | null> {
  const path = segmentPath(folder, name)
  const scan = scanSegment(await disk.readFile(path))
  if (!scan) return null
  const { salt, entries, holes, torn, endBytes } = scan
  const segment = { ...name, path, salt, entries: [...entries], sizeBytes: endBytes }
  return { segment, holes, torn }
}

/** A sealed segment without its records, in place of it on disk; the old file is still there. */
export async function withoutRecords(
  disk: Disk,
  folder: string,
  segment: Segment,
): Promise<Segment> {
  const rewritten = await rewrite(disk, segment, (entry) => ({
    ...entry,
    record: new Uint8Array(0),
  }))
  const path = segmentPath(folder, { number: segment.number, kind: 'frames' })
  await writeWhole(disk, rewritten.bytes, { path })
  const { entries, bytes } = rewritten
  return { ...segment, kind: 'frames', path, entries, sizeBytes: bytes.length }
}

/** The same segment from its entry `first` on, in place of it on disk. */
export async function withoutFirst(disk: Disk, segment: Segment, first: number): Promise<Segment> {
  const rest = { ...segment, entries: segment.entries.slice(first) }
  const { bytes, entries } = await rewrite(disk, rest, (entry) => entry)
  await writeWhole(disk, bytes, { path: segment.path })
  return { ...segment, entries, sizeBytes: bytes.length }
}

/** @throws CodedError LEDGER_DAMAGED */
export async function readEntry(
  file: DiskFile,
  segment: Segment,
  place: EntryPlace,
): Promise<LedgerEntry> {
  const bytes = await readAt(file, place.offset, entryBytes(place))
  const entry = decodeEntry(bytes, place, segment.salt)
  if (!entry) throw damaged(segment.path, `the entry of round ${place.round} is wrong`)
  return entry
}

/** A file of a damaged ledger gets out of the way and stays, for a person to look at. */
export function asidePath(path: string): string {
  return `${path}.aside`
}

/** The name of an empty file: segments below `number` were let go. */
export function firstMark(number: number): string {
  return `${digits(number)}.first`
}

export function damaged(path: string, what: string): CodedError {
  return new CodedError('LEDGER_DAMAGED', `ledger segment ${path}: ${what}`)
}

export async function cutOff(disk: Disk, { path, sizeBytes }: Segment): Promise<void> {
  const file = await disk.open(path, 'r+')
  try {
    await file.truncate(sizeBytes)
    await file.datasync()
  } finally {
    await file.close()
  }
}

export function segmentPath(folder: string, { number, kind }: SegmentName): string {
  return join(folder, `${digits(number)}.${kind}`)
}

/** Deletes the file of a segment that another one has replaced. */
export async function dropSegment(disk: Disk, folder: string, segment: Segment): Promise<void> {
  await removeIfThere(disk, segment.path)
  await disk.syncDirectory(folder)
}

async function rewrite(
  disk: Disk,
  segment: Segment,
  change: (entry: LedgerEntry) => LedgerEntry,
): Promise<{ bytes: Uint8Array; entries: EntryPlace[] }> {
  const parts: Uint8Array[] = [encodeSegmentHeader(segment.salt)]
  const entries: EntryPlace[] = []
  let offset = SEGMENT_HEADER_BYTES
  const file = await disk.open(segment.path, 'r')
  try {
    for (const place of segment.entries) {
      const entry = change(await readEntry(file, segment, place))
      const bytes = encodeEntry(entry, segment.salt)
      parts.push(bytes)
      entries.push({ ...place, offset, recordBytes: entry.record.length })
      offset += bytes.length
    }
  } finally {
    await file.close()
  }
  return { bytes: Buffer.concat(parts), entries }
}

async function readAt(file: DiskFile, position: number, sizeBytes: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(sizeBytes)
  let done = 0
  while (done < sizeBytes) {
    const { bytesRead } = await file.read(bytes, done, sizeBytes - done, position + done)
    if (bytesRead === 0) {
      throw new CodedError('LEDGER_DAMAGED', `a ledger segment ends before byte ${position + done}`)
    }
    done += bytesRead
  }
  return bytes
}

function digits(number: number): string {
  return String(number).padStart(6, '0')
}
