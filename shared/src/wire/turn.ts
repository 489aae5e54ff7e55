import { KEY_BYTES } from '../keys/keys.ts'
import { MAX_SLICES } from '../tally/slices.ts'
import { Reader, Writer } from './cursor.ts'
import { decodeFrame, encodeFrame, FrameError, WHOLE } from './frame.ts'

/** One who exchanges ballots with the others of its group. */
export interface GroupMember {
  readonly contributor: number
  /** PeerJS id, or null: reachable through the coordinator only. */
  readonly peer: string | null
  /** Its public key, 32 bytes; of a group of one nobody needs it: empty. */
  readonly key: Uint8Array
}

/** A round opens: everything of it that a contributor does not know yet. */
export interface Opening {
  readonly round: number
  /** Round and attempt name one opening; an attempt number is never used twice in a run. */
  readonly attempt: number
  /** γ as the bits of a float32. */
  readonly learningRateBits: number
  /** The batch draws from the leased chunks that were named in `loaded` up to this sequence. */
  readonly loaded: number
  /** h_n·P/Σh: multiplies the gradient. */
  readonly share: number
  /** Records of this contributor's batch. */
  readonly batch: number
  /** 1..32 members, in roster order, this contributor included. */
  readonly group: readonly GroupMember[]
  /** 1..32: how many slices the vector is cut into. */
  readonly slices: number
  /** owners[j] = contributor number of slice j's owner, a member of the group. */
  readonly owners: readonly number[]
  /** auditors[j]: who reckons slice j's tally too, another member; empty in a group of one. */
  readonly auditors: readonly number[]
  /** From now: owners add up what they have / members resend / the round closes. */
  readonly ballotDeadlineMs: number
  readonly tallyDeadlineMs: number
  readonly roundDeadlineMs: number
}

/** What became of one contributor's ballot. */
export interface Settled {
  readonly round: number
  readonly attempt: number
  /** By slice, 1..32; null: the attempt is void. */
  readonly counted: readonly boolean[] | null
}

/** What one contributor alone is told between two rounds; not both null. */
export interface Turn {
  readonly settled: Settled | null
  readonly opening: Opening | null
}

const SETTLED = 1
const OPENING = 2
/** As long as a peer id may be. */
const MAX_PEER_LENGTH = 64

/**
 * The turn frame of one contributor. Header: round and attempt of the opening, else of what is
 * settled.
 *
 *     u8 what follows: 1 settled, 2 an opening, 3 both
 *     settled   u32 round, u32 attempt, u8 slices (0: void), ⌈slices/8⌉ bytes of who counts
 *     opening   u32 γ bits, u32 loaded, f64 share, u32 batch, 3 × u32 deadlines in ms,
 *               u8 members, each u32 contributor, u8 length of its peer id (0: none), ASCII,
 *               and, of several, 32 bytes of its key;
 *               u8 slices, each u8 the place of its owner in the group,
 *               and, of several members, u8 that of its auditor
 */
export function encodeTurn(run: number, { settled, opening }: Turn): Uint8Array<ArrayBuffer> {
  const names = opening ?? settled
  if (!names) throw new RangeError('a turn says something')
  const writer = new Writer(1 + settledBytes(settled) + openingBytes(opening))
  writer.u8((settled ? SETTLED : 0) | (opening ? OPENING : 0))
  if (settled) writeSettled(writer, settled)
  if (opening) writeOpening(writer, opening)
  const { round, attempt } = names
  return encodeFrame({ kind: 'turn', run, round, attempt, slice: WHOLE }, writer.done())
}

/** @throws FrameError */
export function decodeTurn(frame: Uint8Array, run: number): Turn {
  const { header, payload } = decodeFrame(frame)
  if (header.kind !== 'turn') refuse('FRAME_KIND', `a ${header.kind} frame, not a turn`)
  if (header.run !== run) refuse('FRAME_RUN', `run ${header.run}, expected ${run}`)
  const reader = new Reader(payload)
  const follows = reader.u8()
  if (follows < SETTLED || follows > (SETTLED | OPENING)) bad(`what follows is ${follows}`)
  const settled = follows & SETTLED ? readSettled(reader) : null
  const opening = follows & OPENING ? readOpening(reader, header) : null
  reader.end()
  return { settled, opening }
}

function settledBytes(settled: Settled | null): number {
  return settled ? 9 + Math.ceil((settled.counted?.length ?? 0) / 8) : 0
}

function openingBytes(opening: Opening | null): number {
  if (!opening) return 0
  const { group, owners, auditors } = opening
  const members = group.reduce((bytes, { peer, key }) => {
    return bytes + 5 + (peer?.length ?? 0) + key.length
  }, 0)
  return 34 + members + owners.length + auditors.length
}

function writeSettled(writer: Writer, { round, attempt, counted }: Settled): void {
  const slices = counted ?? []
  writer.u32(round)
  writer.u32(attempt)
  writer.u8(slices.length)
  const mask = writer.room(Math.ceil(slices.length / 8))
  slices.forEach((yes, j) => {
    if (yes) mask[j >> 3] = (mask[j >> 3] as number) | (1 << (j & 7))
  })
}

function readSettled(reader: Reader): Settled {
  const at = { round: reader.u32(), attempt: reader.u32() }
  const slices = reader.u8()
  if (slices > MAX_SLICES) bad(`${slices} slices`)
  const mask = reader.bytes(Math.ceil(slices / 8))
  const counted = Array.from(
    { length: slices },
    (_, j) => (((mask[j >> 3] ?? 0) >> (j & 7)) & 1) === 1,
  )
  return { ...at, counted: slices === 0 ? null : counted }
}

function writeOpening(writer: Writer, opening: Opening): void {
  writer.u32(opening.learningRateBits)
  writer.u32(opening.loaded)
  writer.f64(opening.share)
  writer.u32(opening.batch)
  writer.u32(opening.ballotDeadlineMs)
  writer.u32(opening.tallyDeadlineMs)
  writer.u32(opening.roundDeadlineMs)
  writer.u8(opening.group.length)
  for (const { contributor, peer, key } of opening.group) {
    writer.u32(contributor)
    writer.u8(peer?.length ?? 0)
    const room = writer.room(peer?.length ?? 0)
    for (let i = 0; i < room.length; i++) room[i] = (peer as string).charCodeAt(i)
    writer.bytes(key)
  }
  const placeOf = (number: number) =>
    opening.group.findIndex(({ contributor }) => contributor === number)
  writer.u8(opening.owners.length)
  opening.owners.forEach((owner, slice) => {
    writer.u8(placeOf(owner))
    const auditor = opening.auditors[slice]
    if (auditor !== undefined) writer.u8(placeOf(auditor))
  })
}

function readOpening(
  reader: Reader,
  { round, attempt }: { round: number; attempt: number },
): Opening {
  const learningRateBits = reader.u32()
  const loaded = reader.u32()
  const share = reader.f64()
  if (!Number.isFinite(share)) bad(`a share of ${share}`)
  const batch = reader.u32()
  if (batch < 1) bad('a batch of no records')
  const [ballotDeadlineMs, tallyDeadlineMs, roundDeadlineMs] = [
    reader.u32(),
    reader.u32(),
    reader.u32(),
  ]
  const members = count(reader)
  const group = Array.from({ length: members }, () => readMember(reader, members > 1))
  const slices = count(reader)
  const memberAtPlace = () => {
    const place = reader.u8()
    return group[place]?.contributor ?? bad(`a member at ${place} of ${members}`)
  }
  const owners: number[] = []
  const auditors: number[] = []
  for (let slice = 0; slice < slices; slice++) {
    owners.push(memberAtPlace())
    if (members > 1) auditors.push(memberAtPlace())
    if (members > 1 && owners[slice] === auditors[slice]) bad('an owner that audits itself')
  }
  const deadlines = { ballotDeadlineMs, tallyDeadlineMs, roundDeadlineMs }
  return {
    round,
    attempt,
    learningRateBits,
    loaded,
    share,
    batch,
    group,
    slices,
    owners,
    auditors,
    ...deadlines,
  }
}

function readMember(reader: Reader, isOfSeveral: boolean): GroupMember {
  const contributor = reader.u32()
  const length = reader.u8()
  if (length > MAX_PEER_LENGTH) bad(`a peer id of ${length} letters`)
  const letters = reader.bytes(length)
  if (letters.some((letter) => letter < 0x21 || letter > 0x7e)) bad('a peer id that is not ASCII')
  const key = isOfSeveral ? reader.bytes(KEY_BYTES).slice() : new Uint8Array(0)
  return { contributor, peer: length === 0 ? null : String.fromCharCode(...letters), key }
}

/** Of members or slices. */
function count(reader: Reader): number {
  const many = reader.u8()
  return many >= 1 && many <= MAX_SLICES ? many : bad(`${many}, not 1..${MAX_SLICES}`)
}

function bad(detail: string): never {
  return refuse('FRAME_PAYLOAD', detail)
}

function refuse(code: FrameError['code'], detail: string): never {
  throw new FrameError(code, detail)
}
