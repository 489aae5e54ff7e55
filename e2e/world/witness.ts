/** What was seen of a scenario: on the wires, on the disk and in the replicas. It judges nothing. */
import type { LedgerEntry } from '@quorate/coordinator/training/ports'
import type { CastOrder, CastResult, Link, Mesh, Trainer } from '@quorate/client/session/ports'
import type { Ballot } from '@quorate/shared/methods/method'
import { decodeFrame, FrameError, kindOfFrame, splitFrames } from '@quorate/shared/wire/frame'
import { decodeTurn } from '@quorate/shared/wire/turn'
import { changed } from './changed.ts'

/** One opening as the coordinator sent it. */
export interface SeenOpening {
  readonly round: number
  readonly attempt: number
  readonly atMs: number
  readonly roundDeadlineMs: number
  /** What ended it; null while it is open. */
  ended: 'settled' | 'killed' | 'followed' | null
}

/** A replica's digest, `round` rounds in. */
export interface SeenDigest {
  readonly who: string
  readonly round: number
  readonly digest: string
}

/** A verdict as it was sent or heard. */
export interface SeenVerdict {
  readonly round: number
  readonly attempt: number
  readonly frame: Uint8Array
  /** Whether the ledger had it at that moment. */
  readonly onDisk: boolean
}

/** Something that the coordinator has against a contributor. */
export interface Complaint {
  readonly who: number
  readonly code: string
  readonly detail: string
  readonly fatal: boolean
}

export class Witness {
  /** Entries of the ledger in the order in which they came to be on disk, all lives. */
  readonly entries: LedgerEntry[] = []
  readonly openings = new Map<number, SeenOpening>()
  readonly digests: SeenDigest[] = []
  /** Distinct ones. */
  readonly verdicts: SeenVerdict[] = []
  readonly complaints: Complaint[] = []
  /** Rounds decided: entries that are not the opening phase's. */
  rounds = 0
  /** Of each cast ballot, by attempt and contributor number. */
  readonly #casts = new Map<
    string,
    { who: number; sent: (CastResult & { kind: 'cast' })['sent'] }
  >()
  /** Distinct payloads of ballots on the wires, by attempt, slice and contributor number. */
  readonly #payloads = new Map<string, Uint8Array[]>()
  readonly #run: number
  readonly #nowMs: () => number

  constructor(run: number, nowMs: () => number) {
    this.#run = run
    this.#nowMs = nowMs
  }

  /** An entry is on disk. */
  appended(entry: LedgerEntry): void {
    this.entries.push(entry)
    if (kindOfEntry(entry) === 'round') this.rounds += 1
  }

  /** A verdict or a turn leaves the coordinator. */
  told(shared: Uint8Array | null, own: Uint8Array | null): void {
    if (shared) this.#sawVerdict(shared)
    if (!own) return
    const { settled, opening } = decodeTurn(own, this.#run)
    if (settled) this.#ended(settled.attempt, 'settled')
    if (!opening || this.openings.has(opening.attempt)) return
    for (const before of this.openings.keys()) this.#ended(before, 'followed')
    const { round, attempt, roundDeadlineMs } = opening
    const atMs = this.#nowMs()
    this.openings.set(attempt, { round, attempt, atMs, roundDeadlineMs, ended: null })
  }

  /** The coordinator was killed, and what was open with it. */
  killed(): void {
    for (const attempt of this.openings.keys()) this.#ended(attempt, 'killed')
  }

  /** What a contributor says and hears; `number` is its number once it is welcome. */
  overLink(link: Link, who: number, numbered: (number: number) => void): Link {
    let self = -1
    return changed(link, {
      listen: (listener) =>
        link.listen((event) => {
          if (event.kind === 'frame') this.#heard(event.frame)
          if (event.kind === 'message') {
            const { message } = event
            if (message.type === 'welcome') numbered((self = message.contributor))
            if (message.type === 'error') {
              const { code, detail, fatal } = message
              this.complaints.push({ who, code, detail, fatal })
            }
            if (message.type === 'resync') {
              const detail = `at round ${message.round}`
              this.complaints.push({ who, code: 'resync', detail, fatal: false })
            }
          }
          listener(event)
        }),
      sendFrame: (frame) => {
        this.#sentBallot(self, frame)
        return link.sendFrame(frame)
      },
    })
  }

  overMesh(mesh: Mesh, self: () => number): Mesh {
    return changed(mesh, {
      send: (contributor, frame, deadlineMs) => {
        this.#sentBallot(self(), frame)
        return mesh.send(contributor, frame, deadlineMs)
      },
    })
  }

  /** Ballots as a session has them, and its replica after every step. */
  overTrainer(trainer: Trainer, who: number, self: () => number): Trainer {
    const digested = async () => {
      const { round, digest } = await trainer.digest()
      this.digests.push({ who: `contributor ${self()}`, round, digest })
    }
    return changed(trainer, {
      cast: async (order: CastOrder) => {
        const result = await trainer.cast(order)
        if (result.kind === 'cast') {
          this.#casts.set(`${order.attempt}/${self()}`, { who, sent: result.sent })
        }
        return result
      },
      applyVerdict: async (frame) => {
        const applied = await trainer.applyVerdict(frame)
        await digested()
        return applied
      },
    })
  }

  get ballotsCast(): number {
    return this.#casts.size
  }

  /** What `contributor` cast in `attempt`, or null. */
  cast(attempt: number, contributor: number) {
    return this.#casts.get(`${attempt}/${contributor}`) ?? null
  }

  /** Distinct payloads that `contributor` sent of this slice as its ballot. */
  payloads(attempt: number, slice: number, contributor: number): readonly Uint8Array[] {
    return this.#payloads.get(`${attempt}/${slice}/${contributor}`) ?? []
  }

  /** A ballot that another place in `people` than `who` has cast in this attempt. */
  ballotOfAnother(attempt: number, who: number): Ballot | null {
    for (const [key, { who: caster, sent }] of this.#casts) {
      if (!key.startsWith(`${attempt}/`) || caster === who || sent.kind === 'payload') continue
      return sent
    }
    return null
  }

  #ended(attempt: number, by: NonNullable<SeenOpening['ended']>): void {
    const opening = this.openings.get(attempt)
    if (opening) opening.ended ??= by
  }

  #heard(bytes: Uint8Array): void {
    for (const frame of splitFrames(bytes)) {
      if (kindOfFrame(frame) === 'verdict') this.#sawVerdict(frame)
    }
  }

  #sawVerdict(frame: Uint8Array): void {
    const { round, attempt } = decodeFrame(frame).header
    const known = this.verdicts.some(
      (one) => one.attempt === attempt && one.round === round && sameBytes(one.frame, frame),
    )
    if (known) return
    const onDisk = this.entries.some(
      (entry) => entry.attempt === attempt && sameBytes(entry.frame, frame),
    )
    this.verdicts.push({ round, attempt, frame: frame.slice(), onDisk })
  }

  #sentBallot(contributor: number, bytes: Uint8Array): void {
    try {
      const { header, payload } = decodeFrame(bytes)
      if (header.kind !== 'ballot') return
      const key = `${header.attempt}/${header.slice}/${contributor}`
      const known = this.#payloads.get(key) ?? []
      if (known.some((one) => sameBytes(one, payload))) return
      this.#payloads.set(key, [...known, payload.slice()])
    } catch (error) {
      // A liar's frame need not be one.
      if (!(error instanceof FrameError)) throw error
    }
  }
}

/** The opening phase's record begins with 0. */
export function kindOfEntry({ record }: LedgerEntry): 'calibration' | 'round' {
  return record[0] === 0 ? 'calibration' : 'round'
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
