import type { CancelTimer, Clock } from '@quorate/shared/clock/clock'
import { toHex } from '@quorate/shared/bytes/hex'
import type { Verify } from '@quorate/shared/keys/keys'
import { ballotStatement } from '@quorate/shared/keys/statements'
import { weightFault } from '@quorate/shared/methods/ballot-weights'
import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import { tallySlice } from '@quorate/shared/tally/count'
import type { SliceBallot } from '@quorate/shared/tally/slice-ballot'
import { blockCount, sliceRanges } from '@quorate/shared/tally/slices'
import type { Slice } from '@quorate/shared/tally/slices'
import { digestOfTally, encodeAudit, encodeSignedTally } from '@quorate/shared/wire/audit'
import { ballotPayloadBytes, decodeProvenBallot } from '@quorate/shared/wire/ballot'
import type { ProvenBallot } from '@quorate/shared/wire/ballot'
import { decodeFrame, encodeFrame, FrameError } from '@quorate/shared/wire/frame'
import type { Frame } from '@quorate/shared/wire/frame'
import { proofBytes, rootOf } from '@quorate/shared/wire/proof'
import type { SignedSlice } from '@quorate/shared/wire/proof'
import type { Opening } from '@quorate/shared/wire/turn'
import type { MarkRound, RunInfo } from './ports.ts'

type Excuse = MessageOf<CoordinatorMessage, 'excuse'>
type Recall = MessageOf<CoordinatorMessage, 'recall'>

/** Ballot slices of one member that came before their round was opened here, kept for it. */
const MAX_EARLY = 32

/** A slice that is reckoned here in the round at hand. */
interface SliceAtWork {
  readonly slice: Slice
  /** Its owner sends the tally, its auditor what digest that comes to. */
  readonly role: 'owner' | 'auditor'
  readonly awaited: Set<number>
  readonly ballots: Map<number, ProvenBallot>
  /** Members whose ballot has come, right or wrong: another one is not looked at. */
  readonly heard: Set<number>
  /** The report has left. */
  sent: boolean
  /** The coordinator has asked for the auditor's tally. */
  recalled: boolean
}

export interface TallyDeskPorts {
  readonly clock: Clock
  readonly verify: Verify
  /** A finished report, to the coordinator. */
  readonly send: (frame: Uint8Array) => void
  readonly mark: MarkRound
}

/**
 * The work of owners and auditors: collects the ballots of their slices, adds them up when all are
 * in or at the deadline, and reports. Only ballots are counted that their voter has signed. What
 * does not belong here is dropped and counted.
 */
export class TallyDesk {
  readonly #ports: TallyDeskPorts
  #run: RunInfo | null = null
  #opening: Opening | null = null
  #units: Uint8Array | null = null
  #work = new Map<number, SliceAtWork>()
  /** Of the attempt: voter and root, hex → whether the voter has signed it; at most a group of voters. */
  #signatures = new Map<string, Promise<boolean>>()
  /** By sender, so that nobody crowds out another; at most a group of senders. */
  #early = new Map<number, Frame[]>()
  #cancelDeadline: CancelTimer = () => {}
  /** Frames from other members that broke a rule. */
  refused = 0

  constructor(ports: TallyDeskPorts) {
    this.#ports = ports
  }

  /** The attempt at work, or null. */
  get attempt(): number | null {
    return this.#opening?.attempt ?? null
  }

  /** A round opens; the one before is forgotten. `self` is this contributor's number. */
  open(run: RunInfo, opening: Opening, round: { self: number; units: Uint8Array | null }): void {
    this.close()
    this.#run = run
    this.#opening = opening
    this.#units = round.units
    if (opening.group.length < 2) return
    const members = opening.group.map(({ contributor }) => contributor)
    for (const slice of sliceRanges(run.d, run.settings.block, opening.slices)) {
      const isOwner = opening.owners[slice.index] === round.self
      if (!isOwner && opening.auditors[slice.index] !== round.self) continue
      this.#work.set(slice.index, {
        slice,
        role: isOwner ? 'owner' : 'auditor',
        awaited: new Set(members),
        ballots: new Map(),
        heard: new Set(),
        sent: false,
        recalled: false,
      })
    }
    this.#cancelDeadline = this.#ports.clock.after(opening.ballotDeadlineMs, () => {
      for (const work of this.#work.values()) this.#finish(work)
    })
    const early = this.#early
    this.#early = new Map()
    for (const from of members) for (const frame of early.get(from) ?? []) this.#take(from, frame)
  }

  /** A frame from a member of the group, as it came over WebRTC. */
  frame(from: number, bytes: Uint8Array): void {
    try {
      this.#take(from, decodeFrame(bytes))
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.refused += 1
    }
  }

  /** My own ballot of a slice that I reckon. */
  own(slice: number, ballot: SliceBallot, signed: SignedSlice): void {
    const work = this.#work.get(slice)
    if (work) this.#add(work, { ballot, signed })
  }

  /** The coordinator says: do not wait for this member. */
  excuse({ attempt, contributor, slice }: Excuse): void {
    if (attempt !== this.#opening?.attempt) return
    for (const work of this.#work.values()) {
      if (slice !== null && work.slice.index !== slice) continue
      work.awaited.delete(contributor)
      this.#finishIfComplete(work)
    }
  }

  /** The coordinator wants what I have reckoned as auditor, now or when it is done. */
  recall({ attempt, slice }: Recall): void {
    const work = this.#work.get(slice)
    if (attempt !== this.#opening?.attempt || work?.role !== 'auditor' || work.recalled) return
    work.recalled = true
    if (work.sent) this.#sendTally(work)
  }

  close(): void {
    this.#cancelDeadline()
    this.#cancelDeadline = () => {}
    this.#opening = null
    this.#work = new Map()
    this.#signatures = new Map()
  }

  #take(from: number, frame: Frame): void {
    const { header } = frame
    if (header.kind !== 'ballot' || (this.#run && header.run !== this.#run.number)) {
      this.refused += 1
      return
    }
    if (!this.#opening || header.attempt > this.#opening.attempt) {
      return this.#keepEarly(from, frame)
    }
    if (header.attempt !== this.#opening.attempt) return
    const work = this.#work.get(header.slice)
    const member = this.#opening.group.find(({ contributor }) => contributor === from)
    if (!work || !member || !this.#run) {
      this.refused += 1
      return
    }
    // Another one of the same member changes nothing, and costs no signature's checking.
    if (work.sent || work.heard.has(from)) return
    work.heard.add(from)
    const { block } = this.#run.settings
    const { slices } = this.#opening
    try {
      const expect = { slice: work.slice, block, contributor: from, slices }
      const proven = decodeProvenBallot(frame.payload, expect)
      if (!this.#permitted(work.slice, proven.ballot)) return this.#refuse(work, from)
      void this.#signedBy(member, work.slice.index, proven.signed).then((isSigned) => {
        if (this.#work.get(header.slice) !== work) return
        if (isSigned) this.#add(work, proven)
        else this.#refuse(work, from)
      })
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#refuse(work, from)
    }
  }

  /** Whether the slice belongs to what its voter has signed for this attempt; a root is looked at once. */
  #signedBy(
    { contributor, key }: Opening['group'][number],
    slice: number,
    signed: SignedSlice,
  ): Promise<boolean> {
    const root = rootOf(slice, signed)
    const name = `${contributor} ${toHex(root)} ${toHex(signed.signature)}`
    const known = this.#signatures.get(name)
    if (known) return known
    const { round, attempt, slices } = this.#opening as Opening
    const statement = ballotStatement({
      ...{ run: (this.#run as RunInfo).id, contributor, round, attempt, slices, root },
    })
    const asked = this.#ports.verify(key, statement, signed.signature).catch(() => false)
    this.#signatures.set(name, asked)
    return asked
  }

  #keepEarly(from: number, frame: Frame): void {
    const { d, settings } = this.#run ?? {}
    const most =
      d === undefined || !settings
        ? 0
        : ballotPayloadBytes(d, settings.block, true) + proofBytes(MAX_EARLY)
    const frames = this.#early.get(from) ?? []
    if (frame.payload.length > most || (frames.length === 0 && this.#early.size >= MAX_EARLY)) {
      this.refused += 1
      return
    }
    this.#early.set(from, [...frames, frame].slice(-MAX_EARLY))
  }

  /** What came breaks a rule, and another ballot of this member will not come. */
  #refuse(work: SliceAtWork, from: number): void {
    this.refused += 1
    work.awaited.delete(from)
    this.#finishIfComplete(work)
  }

  /** METHODS.md: an owner refuses a ballot over the loudness budget; other methods weigh all alike. */
  #permitted(slice: Slice, { weights }: SliceBallot): boolean {
    const { block, method } = (this.#run as RunInfo).settings
    const first = slice.start / block
    const blocks = blockCount(slice.end - slice.start, block)
    const units = this.#units?.subarray(first, first + blocks) ?? null
    return weightFault(method, weights, units) === null
  }

  #add(work: SliceAtWork, proven: ProvenBallot): void {
    const { contributor } = proven.ballot
    if (work.sent || work.ballots.has(contributor)) return
    work.ballots.set(contributor, proven)
    work.awaited.delete(contributor)
    this.#finishIfComplete(work)
  }

  #finishIfComplete(work: SliceAtWork): void {
    if (work.awaited.size === 0) this.#finish(work)
  }

  #finish(work: SliceAtWork): void {
    if (work.sent || !this.#opening) return
    work.sent = true
    if (work.role === 'auditor') {
      this.#sendAudit(work)
      if (work.recalled) this.#sendTally(work)
      return
    }
    const { round } = this.#opening
    this.#ports.mark('collected', round)
    this.#sendTally(work)
    this.#ports.mark('tallied', round)
  }

  #sendTally(work: SliceAtWork): void {
    const proven = inOrder(work)
    const signed = proven.map((one) => one.signed)
    const { slices } = this.#opening as Opening
    this.#send('tally', work, encodeSignedTally(this.#tallyOf(work), signed, slices))
  }

  #sendAudit(work: SliceAtWork): void {
    const voters = inOrder(work).map(({ ballot }) => ballot.contributor)
    const members = (this.#opening as Opening).group.map(({ contributor }) => contributor)
    const digest = digestOfTally(this.#tallyOf(work))
    this.#send('audit', work, encodeAudit({ voters, digest }, members))
  }

  #tallyOf(work: SliceAtWork) {
    const { block } = (this.#run as RunInfo).settings
    return tallySlice(
      work.slice,
      block,
      inOrder(work).map(({ ballot }) => ballot),
    )
  }

  #send(kind: 'tally' | 'audit', { slice }: SliceAtWork, payload: Uint8Array): void {
    const { round, attempt } = this.#opening as Opening
    const header = { kind, run: (this.#run as RunInfo).number, round, attempt, slice: slice.index }
    this.#ports.send(encodeFrame(header, payload))
  }
}

/** By contributor, as tallies name their voters. */
function inOrder({ ballots }: SliceAtWork): ProvenBallot[] {
  return [...ballots.values()].sort((a, b) => a.ballot.contributor - b.ballot.contributor)
}
