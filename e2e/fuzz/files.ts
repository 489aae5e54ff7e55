/** What is read from disks, and from members' data channels. */
import { Reassembler, messagesOf } from '@quorate/client/mesh/framing'
import { parseIdx } from '@quorate/coordinator/data/idx'
import {
  decodeEntry,
  encodeEntry,
  encodeSegmentHeader,
  scanSegment,
} from '@quorate/coordinator/store/files/ledger-format'
import { decodeChunk, encodeChunk } from '@quorate/shared/wire/chunk'
import type { Target } from './target.ts'
import { bytesOf, pick } from './target.ts'

const CHUNK = { recordSize: 12, classes: 5 } as const
const NOTHING: ReadonlySet<string> = new Set()

export const FILE_TARGETS: readonly Target[] = [
  {
    name: 'chunk',
    make: (random) => {
      const records = 1 + random.below(8)
      const labels = bytesOf(random, records).map((label) => label % CHUNK.classes)
      return encodeChunk({ records, labels, features: bytesOf(random, 12 * records) })
    },
    read: (bytes) => void decodeChunk(bytes, CHUNK),
    codes: new Set(['CHUNK_INVALID']),
    mostBytes: 20_000,
  },
  {
    name: 'ledger segment',
    make: (random) => {
      const salt = random.uint32()
      const entries = Array.from({ length: random.below(5) }, (_, round) => {
        const frame = bytesOf(random, random.below(60))
        return encodeEntry({ round, attempt: round + 1, frame, record: bytesOf(random, 20) }, salt)
      })
      return Buffer.concat([encodeSegmentHeader(salt), ...entries])
    },
    read: (bytes) => {
      const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const scan = scanSegment(file)
      for (const place of scan?.entries ?? []) {
        decodeEntry(file.subarray(place.offset), place, scan?.salt ?? 0)
      }
    },
    // A wrong segment is an answer, not an error.
    codes: NOTHING,
    mostBytes: 50_000,
  },
  {
    name: 'IDX',
    make: (random) => {
      const [type, size] = pick(random, [
        ...([
          [0x08, 1],
          [0x09, 1],
          [0x0b, 2],
        ] as const),
        ...([
          [0x0c, 4],
          [0x0d, 4],
          [0x0e, 8],
        ] as const),
      ])
      const extents = Array.from({ length: 1 + random.below(3) }, () => 1 + random.below(5))
      const count = extents.reduce((product, extent) => product * extent, 1)
      const header = Buffer.alloc(4 + 4 * extents.length)
      header.set([0, 0, type, extents.length])
      extents.forEach((extent, at) => header.writeUInt32BE(extent, 4 + 4 * at))
      return Buffer.concat([header, bytesOf(random, count * size)])
    },
    read: (bytes) => void parseIdx(bytes, 'fuzz'),
    codes: new Set(['IDX_MAGIC', 'IDX_DIMENSIONS', 'IDX_SIZE']),
    mostBytes: 20_000,
  },
  {
    name: 'message of a data channel',
    make: (random) => {
      const frame = bytesOf(random, 1 + random.below(300))
      return [...messagesOf(frame, random.uint32())][0] ?? frame
    },
    read: (bytes) => void new Reassembler().accept(bytes, 0),
    codes: NOTHING,
    // A frame that is announced has its room at once: 4 MiB at most.
    mostBytes: 4.5 * 2 ** 20,
  },
]
