import type { CancelTimer, Clock } from '@quorate/shared/clock/clock'
import { weightFault } from '@quorate/shared/methods/ballot-weights'
import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import { tallySlice } from '@quorate/shared/tally/count'
import type { SliceBallot } from '@quorate/shared/tally/slice-ballot'
import { blockCount, sliceRanges } from '@quorate/shared/tally/slices'
import type { Slice } from '@quorate/shared/tally/slices'
import { ballotPayloadBytes, decodeBallot } from '@quorate/shared/wire/ballot'
import { decodeFrame, encodeFrame, FrameError } from '@quorate/shared/wire/frame'
import type { Frame } from '@quorate/shared/wire/frame'
import { encodeTally } from '@quorate/shared/wire/tally'
import type { Opening } from '@quorate/shared/wire/turn'
import type { MarkRound, RunInfo } from './ports.ts'

type Excuse = MessageOf<CoordinatorMessage, 'excuse'>

/** Ballot slices of one member that came before their round was opened here, kept for it. */
const MAX_EARLY = 32

/** A slice of mine in the round at hand. */
interface OwnedSlice {
  readonly slice: Slice
  readonly awaited: Set<number>
  readonly ballots: Map<number, SliceBallot>
  sent: boolean
}

export interface TallyDeskPorts {
  readonly clock: Clock
  /** A finished tally frame, to the coordinator. */
  readonly send: (frame: Uint8Array) => void
  readonly mark: MarkRound
}

/**
 * An owner's work: collects the ballots of its slices, adds them up when all are in or at the
 * deadline, and sends the tallies. What does not belong here is dropped and counted.
 */
export class TallyDesk {
  readonly #ports: TallyDeskPorts
  #run: RunInfo | null = null
  #opening: Opening | null = null
  #units: Uint8Array | null = null
  #owned = new Map<number, OwnedSlice>()
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
      if (opening.owners[slice.index] !== round.self) continue
      const owned = { slice, awaited: new Set(members), ballots: new Map(), sent: false }
      this.#owned.set(slice.index, owned)
    }
    this.#cancelDeadline = this.#ports.clock.after(opening.ballotDeadlineMs, () => {
      for (const owned of this.#owned.values()) this.#finish(owned)
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

  /** My own ballot of one of my slices. */
  own(slice: number, ballot: SliceBallot): void {
    const owned = this.#owned.get(slice)
    if (owned) this.#add(owned, ballot)
  }

  /** The coordinator says: do not wait for this member. */
  excuse({ attempt, contributor, slice }: Excuse): void {
    if (attempt !== this.#opening?.attempt) return
    for (const owned of this.#owned.values()) {
      if (slice !== null && owned.slice.index !== slice) continue
      owned.awaited.delete(contributor)
      this.#finishIfComplete(owned)
    }
  }

  close(): void {
    this.#cancelDeadline()
    this.#cancelDeadline = () => {}
    this.#opening = null
    this.#owned = new Map()
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
    const owned = this.#owned.get(header.slice)
    const member = this.#opening.group.some(({ contributor }) => contributor === from)
    if (!owned || !member || !this.#run) {
      this.refused += 1
      return
    }
    const { block } = this.#run.settings
    try {
      const expect = { slice: owned.slice, block, contributor: from }
      const ballot = decodeBallot(frame.payload, expect)
      if (this.#permitted(owned.slice, ballot)) this.#add(owned, ballot)
      else this.#refuse(owned, from)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#refuse(owned, from)
    }
  }

  #keepEarly(from: number, frame: Frame): void {
    const { d, settings } = this.#run ?? {}
    const most = d === undefined || !settings ? 0 : ballotPayloadBytes(d, settings.block, true)
    const frames = this.#early.get(from) ?? []
    if (frame.payload.length > most || (frames.length === 0 && this.#early.size >= MAX_EARLY)) {
      this.refused += 1
      return
    }
    this.#early.set(from, [...frames, frame].slice(-MAX_EARLY))
  }

  /** What came breaks a rule, and another ballot of this member will not come. */
  #refuse(owned: OwnedSlice, from: number): void {
    this.refused += 1
    owned.awaited.delete(from)
    this.#finishIfComplete(owned)
  }

  /** METHODS.md: an owner refuses a ballot over the loudness budget; other methods weigh all alike. */
  #permitted(slice: Slice, { weights }: SliceBallot): boolean {
    const { block, method } = (this.#run as RunInfo).settings
    const first = slice.start / block
    const blocks = blockCount(slice.end - slice.start, block)
    const units = this.#units?.subarray(first, first + blocks) ?? null
    return weightFault(method, weights, units) === null
  }

  #add(owned: OwnedSlice, ballot: SliceBallot): void {
    if (owned.sent || owned.ballots.has(ballot.contributor)) return
    owned.ballots.set(ballot.contributor, ballot)
    owned.awaited.delete(ballot.contributor)
    this.#finishIfComplete(owned)
  }

  #finishIfComplete(owned: OwnedSlice): void {
    if (owned.awaited.size === 0) this.#finish(owned)
  }

  #finish(owned: OwnedSlice): void {
    if (owned.sent || !this.#opening || !this.#run) return
    owned.sent = true
    const { round, attempt } = this.#opening
    this.#ports.mark('collected', round)
    const { block } = this.#run.settings
    const ballots = [...owned.ballots.values()].sort((a, b) => a.contributor - b.contributor)
    const payload = encodeTally(tallySlice(owned.slice, block, ballots))
    const header = { kind: 'tally', run: this.#run.number, round, attempt } as const
    this.#ports.send(encodeFrame({ ...header, slice: owned.slice.index }, payload))
    this.#ports.mark('tallied', round)
  }
}
