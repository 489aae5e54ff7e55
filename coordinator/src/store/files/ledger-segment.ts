import { randomBytes } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { open, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CodedError } from '../../errors.ts'
import type { LedgerEntry } from '../../training/ports.ts'
import { failedWith, syncDirectory, writeWhole } from './disk.ts'
import type { EntryPlace } from './ledger-format.ts'
import {
  decodeEntry,
  encodeEntry,
  encodeSegmentHeader,
  ENTRY_HEADER_BYTES,
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

/** Makes the next, empty segment; it is on disk when this resolves. */
export async function createSegment(folder: string, number: number): Promise<Segment> {
  const salt = randomBytes(4).readUInt32LE()
  const path = segmentPath(folder, number, 'full')
  await writeWhole(encodeSegmentHeader(salt), `${path}.tmp`, path)
  return { number, kind: 'full', path, salt, entries: [], sizeBytes: SEGMENT_HEADER_BYTES }
}

/**
 * Reads and checks a segment. Of the last one a torn last entry is cut off.
 *
 * @throws CodedError LEDGER_DAMAGED
 */
export async function loadSegment(
  folder: string,
  name: { readonly number: number; readonly kind: SegmentKind },
  isLast: boolean,
): Promise<Segment> {
  const path = segmentPath(folder, name.number, name.kind)
  const bytes = await readFile(path)
  const scan = scanSegment(bytes)
  if (!scan) throw damaged(path, 'its header is wrong')
  if (scan.rest === 'damaged' || (scan.rest === 'torn' && !isLast)) {
    throw damaged(path, `the entry at byte ${scan.endBytes} is wrong and others follow it`)
  }
  if (scan.rest === 'torn') await cutOff(path, scan.endBytes)
  return { ...name, path, salt: scan.salt, entries: [...scan.entries], sizeBytes: scan.endBytes }
}

/** A sealed segment without its records, in place of it on disk; the old file is still there. */
export async function withoutRecords(folder: string, segment: Segment): Promise<Segment> {
  const parts: Uint8Array[] = [encodeSegmentHeader(segment.salt)]
  const entries: EntryPlace[] = []
  let offset = SEGMENT_HEADER_BYTES
  const file = await open(segment.path, 'r')
  try {
    for (const place of segment.entries) {
      const entry = await readEntry(file, segment, place)
      const bytes = encodeEntry({ ...entry, record: new Uint8Array(0) }, segment.salt)
      parts.push(bytes)
      entries.push({ ...place, offset, recordBytes: 0 })
      offset += bytes.length
    }
  } finally {
    await file.close()
  }
  const path = segmentPath(folder, segment.number, 'frames')
  await writeWhole(Buffer.concat(parts), `${path}.tmp`, path)
  return { ...segment, kind: 'frames', path, entries, sizeBytes: offset }
}

/** @throws CodedError LEDGER_DAMAGED */
export async function readEntry(
  file: FileHandle,
  segment: Segment,
  place: EntryPlace,
): Promise<LedgerEntry> {
  const bytes = await readAt(file, place.offset, entryBytes(place))
  const entry = decodeEntry(bytes, place, segment.salt)
  if (!entry) throw damaged(segment.path, `the entry of round ${place.round} is wrong`)
  return entry
}

/** The frame alone; it carries a checksum of its own. */
export function readFrame(file: FileHandle, place: EntryPlace): Promise<Buffer> {
  return readAt(file, place.offset + ENTRY_HEADER_BYTES, place.frameBytes)
}

/** The segments of a folder by number; a compacted one stands for the full one beside it. */
export async function tidySegments(
  folder: string,
  names: readonly string[],
): Promise<{ number: number; kind: SegmentKind }[]> {
  const kinds = new Map<number, SegmentKind>()
  for (const name of names) {
    const match = /^(\d{6,})\.(full|frames)$/.exec(name)
    if (match) {
      const number = Number(match[1])
      if (match[2] === 'frames' || !kinds.has(number)) {
        kinds.set(number, match[2] === 'frames' ? 'frames' : 'full')
      }
    } else if (name.endsWith('.tmp')) {
      await rm(join(folder, name), { force: true })
    }
  }
  for (const [number, kind] of kinds) {
    if (kind === 'frames') await rm(segmentPath(folder, number, 'full'), { force: true })
  }
  return [...kinds].map(([number, kind]) => ({ number, kind })).sort((a, b) => a.number - b.number)
}

export function damaged(path: string, what: string): CodedError {
  return new CodedError('LEDGER_DAMAGED', `ledger segment ${path}: ${what}`)
}

async function readAt(file: FileHandle, position: number, sizeBytes: number): Promise<Buffer> {
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

async function cutOff(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    await file.truncate(sizeBytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

function segmentPath(folder: string, number: number, kind: SegmentKind): string {
  return join(folder, `${String(number).padStart(6, '0')}.${kind}`)
}

/** Deletes the file of a segment that another one has replaced. */
export async function dropSegment(folder: string, segment: Segment): Promise<void> {
  try {
    await rm(segment.path)
  } catch (error) {
    if (!failedWith(error, 'ENOENT')) throw error
  }
  await syncDirectory(folder)
}
