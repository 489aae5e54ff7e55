import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import { decodeVerdict } from '@quorate/shared/wire/verdict'
import { BenchError } from '../errors.ts'
import type { Ballots } from './ballots.ts'
import { Member } from './member.ts'

/** The coordinator takes so many sockets of one address, and as many strangers at once. */
const MEMBERS_PER_ADDRESS = 64
/** Connections that are opened, and ballots that are sent, at the same time. */
const AT_ONCE = 32
const WITHIN_MS = 120_000
/** While many join, the first of them must not lose their leases. */
const KEEP_EVERY_MS = 20_000

/** Where a crowd goes. */
export interface Place {
  /** `ws://127.0.0.1:port/ws` */
  readonly url: string
  /** The run's id. */
  readonly run: string
  /** The digest of the parameters that it begins with. */
  readonly replica: string
}

/** Many contributors of one run, in this process. */
export class Crowd {
  readonly #place: Place
  readonly #members: Member[] = []
  #welcome: MessageOf<CoordinatorMessage, 'welcome'> | null = null
  #joined = 0
  #keptAtMs = Date.now()
  /** Of the round at hand: what came first, and how many heard the same bytes. */
  #verdict: Uint8Array | null = null
  #told = 0
  #opened = 0
  #failure: Error | null = null
  #changed: () => void = () => {}

  constructor(place: Place) {
    this.#place = place
  }

  get size(): number {
    return this.#members.length
  }

  /** More contributors, until there are `size`: each is welcome, holds data and says so. */
  async grow(size: number): Promise<void> {
    while (this.#members.length < size) {
      const count = Math.min(AT_ONCE, size - this.#members.length)
      const first = this.#members.length
      const more = Array.from({ length: count }, (_, k) => this.#connect(first + k))
      this.#members.push(...(await Promise.all(more)))
      await this.#until(() => this.#joined === this.#members.length, 'leases')
      if (Date.now() - this.#keptAtMs > KEEP_EVERY_MS) this.keepLeases()
    }
  }

  /** Leases last a minute; contributors that are asked for ballots renew theirs by voting. */
  keepLeases(): void {
    for (const member of this.#members) member.heartbeat()
    this.#keptAtMs = Date.now()
  }

  /** Members first..end−1 take part from the next opening on. */
  async ready(first: number, end: number): Promise<void> {
    await inTurn(this.#members.slice(first, end), (member) => member.ready())
  }

  /** Until so many members are asked for a ballot. */
  async opened(voters: number): Promise<void> {
    await this.#until(() => this.#opened >= voters, 'openings')
  }

  /**
   * The first `voters` members, all who are ready, cast their ballots of the round that is open.
   * Resolves when everyone in the crowd has the verdict, and `openings` of them the next opening.
   */
  async round(voters: number, openings: number, ballots: Ballots): Promise<void> {
    const run = this.#welcome?.run.number ?? 0
    this.#verdict = null
    this.#told = 0
    this.#opened = 0
    const casting = this.#members.slice(0, voters).map((member, n) => ({ member, n }))
    await inTurn(casting, ({ member, n }) => {
      if (!member.opening) throw new BenchError('CROWD_FAILED', `no round is open to member ${n}`)
      return member.cast(ballots.frame(n, { run, ...member.opening }))
    })
    await this.#until(() => this.#told === this.#members.length, 'verdicts')
    await this.opened(openings)
  }

  /** @throws BenchError WRONG_RESULT unless the last verdict is the majority of `sums`, ties being +1. */
  insistOnMajority(sums: Int32Array): void {
    const { settings, d, number: run } = this.#welcome?.run ?? {}
    if (!settings || d === undefined || run === undefined || !this.#verdict) {
      throw new BenchError('WRONG_RESULT', 'there is no verdict')
    }
    const { verdict } = decodeVerdict(this.#verdict, { run, d, block: settings.block })
    if (verdict.kind !== 'signs') throw new BenchError('WRONG_RESULT', `it is ${verdict.kind}`)
    for (let i = 0; i < d; i++) {
      const bit = ((verdict.signs[i >>> 5] as number) >>> (i & 31)) & 1
      if (bit === ((sums[i] as number) >= 0 ? 1 : 0)) continue
      const detail = `coordinate ${i} is ${bit === 1 ? '+' : '-'}1 where the sum is ${sums[i]}`
      throw new BenchError('WRONG_RESULT', detail)
    }
  }

  leave(): void {
    for (const member of this.#members) member.leave()
  }

  #connect(n: number): Promise<Member> {
    const { url, ...from } = this.#place
    const host = 1 + Math.floor(n / MEMBERS_PER_ADDRESS)
    const localAddress = `127.0.${host >> 8}.${host & 255}`
    return Member.connect(
      url,
      { ...from, localAddress },
      {
        joined: (welcome) => {
          this.#welcome ??= welcome
          this.#joined += 1
          this.#changed()
        },
        verdict: (frame) => this.#heard(frame),
        opening: () => {
          this.#opened += 1
          this.#changed()
        },
        failed: (error) => {
          this.#failure ??= error
          this.#changed()
        },
      },
    )
  }

  #heard(frame: Uint8Array): void {
    this.#verdict ??= frame
    if (Buffer.compare(this.#verdict, frame) !== 0) {
      throw new BenchError('WRONG_RESULT', 'two contributors heard different verdicts')
    }
    this.#told += 1
    this.#changed()
  }

  /** Rejects where a member has failed, or where it takes too long. */
  async #until(reached: () => boolean, what: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve, reject) => {
      const told = `${this.#told} of ${this.#members.length} had the verdict`
      const late = new BenchError('CROWD_FAILED', `no ${what} within ${WITHIN_MS} ms; ${told}`)
      timer = setTimeout(() => reject(late), WITHIN_MS)
      this.#changed = () => {
        if (this.#failure) reject(this.#failure)
        else if (reached()) resolve()
      }
      this.#changed()
    }).finally(() => clearTimeout(timer))
    this.#changed = () => {}
  }
}

/** Does `work` for each item, a bounded number of them at the same time. */
async function inTurn<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  const lane = async () => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}
