/**
 * What lies in the folder of a ledger, and what becomes of it when it is opened: segments
 * `000001.full` or `.frames`; `000003.first`, segments below 3 were let go; `*.aside`, what was
 * damaged and is not read any more; `*.tmp`, what was never finished.
 */
import { join } from 'node:path'
import { CodedError } from '../../errors.ts'
import type { KnownRounds } from '../../training/ports.ts'
import { follows } from '../ledger-order.ts'
import type { Disk } from './disk.ts'
import { removeIfThere, writeWhole } from './disk.ts'
import type { ReadSegment, Segment, SegmentName } from './ledger-segment.ts'
import {
  asidePath,
  createSegment,
  cutOff,
  firstMark,
  readSegment,
  segmentPath,
  withoutFirst,
} from './ledger-segment.ts'

export interface LoadedLedger {
  /** In order, at least one; the last one of kind full. */
  readonly segments: Segment[]
  /** What was damaged and set aside; null for a ledger that is whole. */
  readonly damage: string | null
}

/** The segments on disk, and the last place where they do not fit together. */
interface Survey {
  /** Whose files are there. */
  readonly names: readonly SegmentName[]
  /** Those behind the last damage, the first of them from its entry `first` on. */
  readonly whole: readonly ReadSegment[]
  readonly first: number
  readonly damage: string | null
  /** Something was let go or set aside before. */
  readonly isMarked: boolean
}

interface Found {
  readonly names: readonly SegmentName[]
  /** The number of the first segment that was not let go. */
  readonly first: number
}

/**
 * Opens what is in the folder. A torn last entry is cut off. Where entries are damaged, and the
 * checkpoint at `known.from` makes up for them, what lies before it is set aside.
 *
 * @throws CodedError LEDGER_DAMAGED when rounds that nothing makes up for are gone; the folder is
 * then as it was.
 */
export async function loadLedger(
  disk: Disk,
  folder: string,
  known: KnownRounds,
): Promise<LoadedLedger> {
  const survey = await surveyed(disk, folder, await tidied(disk, folder))
  const damage = damageOf(survey, folder, known)
  const segments = damage === null ? survey.whole.map(({ segment }) => segment) : []
  if (damage !== null) segments.push(...(await setAside(disk, folder, survey, known)))
  const last = segments.at(-1)
  const torn = last && survey.whole.find(({ segment }) => segment.number === last.number)?.torn
  if (last && torn && last.kind === 'full') await cutOff(disk, last)
  if (!last || last.kind === 'frames') {
    const number = (last?.number ?? survey.names.at(-1)?.number ?? 0) + 1
    segments.push(await createSegment(disk, folder, number))
  }
  return { segments, damage }
}

/**
 * What `loadLedger` would find, but for what it would change.
 *
 * @throws CodedError LEDGER_DAMAGED
 */
export async function inspectLedger(
  disk: Disk,
  folder: string,
  known: KnownRounds,
): Promise<LoadedLedger> {
  const survey = await surveyed(disk, folder, found(await disk.names(folder)))
  const damage = damageOf(survey, folder, known)
  return { segments: survey.whole.map(({ segment }) => segment), damage }
}

/** Segments below `number` go for good; killed in between, the next start finishes it. */
export async function dropBelow(disk: Disk, folder: string, number: number): Promise<void> {
  await markFirst(disk, folder, number)
  for (const name of await disk.names(folder)) {
    const isOlder = name.endsWith('.first') && name !== firstMark(number)
    if (isOlder || below(name, number)) await removeIfThere(disk, join(folder, name))
  }
  await disk.syncDirectory(folder)
}

/** Deletes what was set aside. */
export async function dropAside(disk: Disk, folder: string): Promise<void> {
  for (const name of await disk.names(folder)) {
    if (name.endsWith('.aside')) await removeIfThere(disk, join(folder, name))
  }
}

/** As `found`; what an interrupted change left over is deleted. */
async function tidied(disk: Disk, folder: string): Promise<Found> {
  const names = await disk.names(folder)
  const { names: kept, first } = found(names)
  for (const name of names) {
    const segment = segmentName(name)
    const isKept = kept.some(({ number, kind }) => {
      return segment?.number === number && segment.kind === kind
    })
    const isOver = name.endsWith('.tmp') || (segment !== null && !isKept)
    if (isOver) await removeIfThere(disk, join(folder, name))
  }
  return { names: kept, first }
}

/** The segments by number; a compacted one stands for the full one beside it. */
function found(names: readonly string[]): Found {
  const marks = names.flatMap((name) => /^(\d{6,})\.first$/.exec(name)?.[1] ?? [])
  const first = Math.max(1, ...marks.map(Number))
  const segments = new Map<number, SegmentName>()
  for (const segment of names.map(segmentName)) {
    if (segment === null || segment.number < first) continue
    const isBetter = segment.kind === 'frames' || !segments.has(segment.number)
    if (isBetter) segments.set(segment.number, segment)
  }
  return { names: [...segments.values()].sort((a, b) => a.number - b.number), first }
}

async function surveyed(disk: Disk, folder: string, { names, first }: Found): Promise<Survey> {
  const reads: (ReadSegment | null)[] = []
  let begin = { segment: 0, entry: 0 }
  let damage: string | null = null
  let last: { round: number; attempt: number } | null = null
  let count = 0
  const cut = (segment: number, entry: number, what: string) => {
    begin = { segment, entry }
    damage = `${folder}: ${what}`
  }
  const end = names.at(-1)?.number ?? 0
  for (let number = first; number <= end; number++) {
    const index = reads.length
    const name = names.find((each) => each.number === number)
    const read = name ? await readSegment(disk, folder, name).catch(unread) : null
    reads.push(read)
    if (!read) {
      const what = name ? 'cannot be read, or its header is wrong' : 'is missing'
      cut(index + 1, 0, `segment ${number} ${what}`)
      last = null
      continue
    }
    const { entries, sizeBytes } = read.segment
    for (const [at, entry] of entries.entries()) {
      const hole = read.holes.find(({ before }) => before === at)
      if (hole) cut(index, at, `segment ${number}: the entry at byte ${hole.offset} is wrong`)
      else if (!follows(last, entry, count)) {
        cut(index, at, `segment ${number}: round ${entry.round} does not follow`)
      }
      last = entry
      count += 1
    }
    const endsWrong = read.holes.some(({ before }) => before === entries.length)
    const isCut = read.torn && number < end
    if (!endsWrong && !isCut) continue
    const what = `segment ${number}: the entry at byte ${sizeBytes} is wrong`
    cut(isCut ? index + 1 : index, isCut ? 0 : entries.length, what)
    last = null
  }
  const whole = reads.slice(begin.segment).filter((read) => read !== null)
  return { names, whole, first: begin.entry, damage, isMarked: first > 1 }
}

/**
 * Why something must be set aside; null where nothing must.
 *
 * @throws CodedError LEDGER_DAMAGED
 */
function damageOf(survey: Survey, folder: string, known: KnownRounds): string | null {
  const entries = survey.whole.flatMap(({ segment }, at) =>
    segment.entries.slice(at === 0 ? survey.first : 0),
  )
  const [begins, ends] = [entries[0]?.round ?? null, (entries.at(-1)?.round ?? -1) + 1]
  const { from, decided } = known
  const isShort = ends < decided
  const isNew = entries.length === 0 && survey.isMarked && from >= decided
  if (survey.damage === null && (!isShort || isNew)) return null
  const what = survey.damage ?? `${folder}: it ends at round ${ends}, and ${decided} were decided`
  // Nothing is needed of it but what comes after the checkpoint.
  const reaches = begins !== null && begins <= from && ends >= from && !isShort
  if (from > 0 && (reaches || from >= Math.max(decided, ends))) return what
  throw new CodedError('LEDGER_DAMAGED', `ledger ${what}`)
}

/** Leaves what comes behind the damage; killed in between, the next start does it again. */
async function setAside(
  disk: Disk,
  folder: string,
  { names, whole, first }: Survey,
  { from }: KnownRounds,
): Promise<Segment[]> {
  const ends = (whole.at(-1)?.segment.entries.at(-1)?.round ?? -1) + 1
  const kept = whole.map(({ segment }) => segment)
  if (ends < from) kept.length = 0
  const [head] = kept
  if (!head) kept.push(await createSegment(disk, folder, (names.at(-1)?.number ?? 0) + 1))
  else if (first > 0 || whole[0]?.holes.length) {
    await writeWhole(disk, await disk.readFile(head.path), { path: asidePath(head.path) })
    kept[0] = await withoutFirst(disk, head, first)
  }
  const begins = kept[0]?.number ?? 1
  for (const name of names) {
    const path = segmentPath(folder, name)
    if (name.number < begins) await disk.rename(path, asidePath(path))
  }
  await disk.syncDirectory(folder)
  await markFirst(disk, folder, begins)
  return kept
}

async function markFirst(disk: Disk, folder: string, number: number): Promise<void> {
  const file = await disk.open(join(folder, firstMark(number)), 'w')
  await file.close()
  await disk.syncDirectory(folder)
}

/** A segment that the disk does not give back is damaged like any other. */
function unread(error: unknown): null {
  const code = error instanceof Error && 'code' in error ? error.code : ''
  if (code === 'EIO' || code === 'ENOENT') return null
  throw error
}

function segmentName(name: string): SegmentName | null {
  const match = /^(\d{6,})\.(full|frames)$/.exec(name)
  return match ? { number: Number(match[1]), kind: match[2] === 'full' ? 'full' : 'frames' } : null
}

function below(name: string, number: number): boolean {
  const segment = segmentName(name)
  return segment !== null && segment.number < number
}
