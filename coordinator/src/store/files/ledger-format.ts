/**
 * The file of a ledger segment, little-endian:
 *
 *     segment = header entry*
 *     header  = magic u32 "QLDG" · version u16 · reserved u16 · salt u32 · CRC-32 of the 12 before
 *     entry   = magic u32 "QLEN" · round u32 · attempt u32 · frame length u32 · record length u32
 *               · CRC-32 of the body · CRC-32 of the 24 before, continued from the salt · body
 *     body    = frame, record
 *
 * The salt is random and never leaves the file: bytes chosen by a contributor and kept inside a
 * body cannot be taken for the header of an entry.
 */
import { crc32 } from 'node:zlib'
import type { LedgerEntry } from '../../training/ports.ts'

const SEGMENT_MAGIC = 0x47444c51
const ENTRY_MAGIC = 0x4e454c51
const VERSION = 1
export const SEGMENT_HEADER_BYTES = 16
const ENTRY_HEADER_BYTES = 28

/** Where an entry lies in its segment. */
export interface EntryPlace {
  readonly round: number
  readonly attempt: number
  /** Of the entry's header. */
  readonly offset: number
  readonly frameBytes: number
  readonly recordBytes: number
}

export interface Scan {
  readonly salt: number
  readonly entries: readonly EntryPlace[]
  /** Where an entry is wrong and a right one follows it: it was finished once. */
  readonly holes: readonly Hole[]
  /** First byte after the last whole entry. */
  readonly endBytes: number
  /** Behind that lies an entry that is not whole: never finished, or damaged since. */
  readonly torn: boolean
}

/** Entries that are wrong, one or more on end. */
export interface Hole {
  /** The index of the next right entry. */
  readonly before: number
  readonly offset: number
}

export function encodeSegmentHeader(salt: number): Uint8Array {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES)
  bytes.writeUInt32LE(SEGMENT_MAGIC, 0)
  bytes.writeUInt16LE(VERSION, 4)
  bytes.writeUInt32LE(salt, 8)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12)
  return bytes
}

export function encodeEntry(entry: LedgerEntry, salt: number): Uint8Array {
  const { frame, record } = entry
  const bytes = Buffer.allocUnsafe(ENTRY_HEADER_BYTES + frame.length + record.length)
  bytes.writeUInt32LE(ENTRY_MAGIC, 0)
  bytes.writeUInt32LE(entry.round, 4)
  bytes.writeUInt32LE(entry.attempt, 8)
  bytes.writeUInt32LE(frame.length, 12)
  bytes.writeUInt32LE(record.length, 16)
  bytes.set(frame, ENTRY_HEADER_BYTES)
  bytes.set(record, ENTRY_HEADER_BYTES + frame.length)
  bytes.writeUInt32LE(crc32(bytes.subarray(ENTRY_HEADER_BYTES)), 20)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 24), salt), 24)
  return bytes
}

/** The entry at `place`, its bytes given from its header on; null when they are damaged. */
export function decodeEntry(bytes: Buffer, place: EntryPlace, salt: number): LedgerEntry | null {
  const found = readHeader(bytes, { offset: 0, salt })
  if (!found || found.round !== place.round || !bodyIsWhole(bytes, found)) return null
  const recordStart = ENTRY_HEADER_BYTES + found.frameBytes
  return {
    round: found.round,
    attempt: found.attempt,
    frame: Uint8Array.from(bytes.subarray(ENTRY_HEADER_BYTES, recordStart)),
    record: Uint8Array.from(bytes.subarray(recordStart, recordStart + found.recordBytes)),
  }
}

/** Finds the entries of a segment; null when its own header is wrong. */
export function scanSegment(bytes: Buffer): Scan | null {
  const salt = readSalt(bytes)
  if (salt === null) return null
  const entries: EntryPlace[] = []
  const holes: Hole[] = []
  let endBytes = SEGMENT_HEADER_BYTES
  for (let offset = endBytes; offset < bytes.length;) {
    const entry = readHeader(bytes, { offset, salt })
    if (entry && bodyIsWhole(bytes, entry)) {
      entries.push(entry)
      offset += entryBytes(entry)
      endBytes = offset
      continue
    }
    const from = entry ? offset + ENTRY_HEADER_BYTES : offset + 1
    const next = headerFrom(bytes, { offset: from, salt })
    if (next === null) return { salt, entries, holes, endBytes, torn: true }
    if (holes.at(-1)?.before !== entries.length) holes.push({ before: entries.length, offset })
    offset = next
  }
  return { salt, entries, holes, endBytes, torn: false }
}

export function entryBytes(place: EntryPlace): number {
  return ENTRY_HEADER_BYTES + place.frameBytes + place.recordBytes
}

function readSalt(bytes: Buffer): number | null {
  if (bytes.length < SEGMENT_HEADER_BYTES) return null
  const whole =
    bytes.readUInt32LE(0) === SEGMENT_MAGIC &&
    bytes.readUInt16LE(4) === VERSION &&
    bytes.readUInt32LE(12) === crc32(bytes.subarray(0, 12))
  return whole ? bytes.readUInt32LE(8) : null
}

function readHeader(bytes: Buffer, at: { offset: number; salt: number }): EntryPlace | null {
  const { offset } = at
  if (offset + ENTRY_HEADER_BYTES > bytes.length) return null
  if (bytes.readUInt32LE(offset) !== ENTRY_MAGIC) return null
  if (bytes.readUInt32LE(offset + 24) !== crc32(bytes.subarray(offset, offset + 24), at.salt)) {
    return null
  }
  return {
    round: bytes.readUInt32LE(offset + 4),
    attempt: bytes.readUInt32LE(offset + 8),
    offset,
    frameBytes: bytes.readUInt32LE(offset + 12),
    recordBytes: bytes.readUInt32LE(offset + 16),
  }
}

function bodyIsWhole(bytes: Buffer, entry: EntryPlace): boolean {
  const end = entry.offset + entryBytes(entry)
  if (end > bytes.length) return false
  const body = bytes.subarray(entry.offset + ENTRY_HEADER_BYTES, end)
  return bytes.readUInt32LE(entry.offset + 20) === crc32(body)
}

/** Where the next entry begins whose header is right; its body may be wrong. */
function headerFrom(bytes: Buffer, at: { offset: number; salt: number }): number | null {
  const magic = Buffer.alloc(4)
  magic.writeUInt32LE(ENTRY_MAGIC)
  let found = bytes.indexOf(magic, at.offset)
  while (found >= 0) {
    if (readHeader(bytes, { offset: found, salt: at.salt })) return found
    found = bytes.indexOf(magic, found + 1)
  }
  return null
}
