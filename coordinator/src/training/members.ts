/** Contributors of one run: who joins, what they say, what becomes of those who break the rules. */
import { fromHex, toHex } from '@quorate/shared/bytes/hex'
import type { Clock } from '@quorate/shared/clock/clock'
import type {
  ContributorMessage,
  CoordinatorMessage,
  MessageOf,
} from '@quorate/shared/protocol/messages'
import type { DataShape } from '@quorate/shared/model/spec'
import { decodeFrame, FrameError, HEADER_BYTES } from '@quorate/shared/wire/frame'
import { MAX_GROUP } from '@quorate/shared/run/settings'
import { contributorsAtMost } from '@quorate/shared/run/capacity'
import { MAX_SLICES } from '@quorate/shared/tally/slices'
import { listingBytes } from '@quorate/shared/wire/audit'
import { largestTallyBytes } from '@quorate/shared/wire/tally'
import { PROTOCOL_VERSION } from '@quorate/shared/wire/version'
import { ContributorAllowance, roundLoad } from './allowance.ts'
import type { Load } from './allowance.ts'
import { contributionBytes } from './contribution-bytes.ts'
import type { Contributor } from './contributor.ts'
import { EXCLUSIONS } from './exclusions.ts'
import type { Exclusion } from './exclusions.ts'
import type { Connection, ContributorConnectionPorts } from './ports.ts'
import { Paced } from './paced.ts'
import { parseMessage } from './parse-message.ts'
import {
  NO_ROOM,
  noPlace,
  TOO_MANY_NEWCOMERS,
  TOO_MANY_RETURNS,
  tooManyFromAddress,
} from './refusals.ts'
import type { Refusal } from './refusals.ts'
import type { RunDriver } from './run-driver.ts'
import { mayComeBack } from './slow-readers.ts'
import { repeatSettled } from './turns.ts'

type Hello = MessageOf<ContributorMessage, 'hello'>
type Welcome = MessageOf<CoordinatorMessage, 'welcome'>

const BANNED: Refusal = { code: 'BANNED', detail: EXCLUSIONS.BANNED.said, fatal: true }

export class Members {
  readonly #driver: RunDriver
  readonly #shape: DataShape
  readonly #ports: ContributorConnectionPorts
  readonly #clock: Clock
  /** Of a frame in this run: what is larger is refused before its checksum is reckoned. */
  readonly mostBytes: number
  /** Contributors at once. */
  readonly #most: number
  /** What one round can ask of a contributor. */
  readonly #roundLoad: Load
  /** Shares out the data where somebody came or left; opens a round where all is there for it. */
  /** Damage that was made up for last: many may come upon it. */
  #damage: string | null = null
  readonly #settling: Paced
  readonly #proceeding: Paced

  constructor(driver: RunDriver, shape: DataShape, ports: ContributorConnectionPorts) {
    this.#driver = driver
    this.#shape = shape
    this.#ports = ports
    this.#clock = driver.parts.clock
    const { d, block } = driver.parts.model
    const { method } = driver.parts.model
    this.mostBytes =
      method.kind === 'vectors'
        ? contributionBytes(method, d, { d, block })
        : HEADER_BYTES +
          largestTallyBytes(d, block, MAX_GROUP) +
          listingBytes(MAX_GROUP, MAX_SLICES)
    const { settings } = driver.parts.stored
    this.#most = contributorsAtMost(settings.method, d)
    this.#roundLoad = roundLoad(method, { d, block, groupSize: settings.groupSize })
    const crowd = { clock: this.#clock, size: () => driver.parts.roster.size }
    driver.blamed(({ contributor: number, code, detail }) => {
      const contributor = driver.parts.roster.get(number)
      if (contributor) this.offence(contributor, code, detail)
    })
    this.#settling = new Paced(() => driver.settleLeases(), crowd)
    this.#proceeding = new Paced(() => driver.proceed(), crowd)
  }

  /** Is this PeerJS id with this ticket one that was issued to somebody present? */
  maySignal(peerId: string, ticket: string): boolean {
    return this.#driver.parts.roster
      .present()
      .some(({ peer }) => peer !== null && peer.id === peerId && peer.ticket === ticket)
  }

  /** Lets the sender of `hello` in, or says why not. */
  join(connection: Connection, hello: Hello): Contributor | Refusal {
    const { roster, leases, events, stored } = this.#driver.parts
    const nowMs = this.#clock.nowMs()
    if (roster.isBanned(hello.key)) return BANNED
    const returning = this.#returning(hello)
    if (!returning?.connection && this.#isFull())
      return noPlace(stored.settings.method.id, this.#most)
    const { address } = connection
    const crowded = returning?.connection?.address !== address && !this.#admission.hasRoom(address)
    if (crowded) return tooManyFromAddress(this.#admission.contributorsPerAddress)
    const admitted =
      returning && hello.resume
        ? { contributor: returning, token: hello.resume.token }
        : this.#admit(address, hello.invite)
    if ('code' in admitted) return admitted
    const { contributor, token } = admitted
    if (contributor.banned) return BANNED
    if (!contributor.mayReturn(nowMs)) return TOO_MANY_RETURNS
    if (contributor.connection) this.#replace(contributor, contributor.connection)
    contributor.connection = connection
    contributor.key = fromHex(hello.key)
    this.#admission.enter(address)
    contributor.allowance ??= new ContributorAllowance(this.#roundLoad, nowMs)
    contributor.status = 'joining'
    contributor.behind = false
    contributor.lastSeenMs = nowMs
    contributor.loaded.clear()
    contributor.loadedSequence = 0
    const line = contributor.peer
    contributor.peer = this.#peerFor(contributor, hello)
    if (line && line.id !== contributor.peer?.id) this.#ports.signalRevoked(line.id)
    contributor.send(this.#welcome(contributor, token))
    repeatSettled(contributor, stored.number)
    leases.add(contributor.number, leases.parts(contributor.number), nowMs)
    this.#settling.ask()
    const lease = leases.lease(contributor.number)
    if (returning && lease && lease.version > 0) this.#driver.leasing.send(contributor.number)
    events.add(
      'info',
      returning ? 'returned' : 'joined',
      `${contributor.name} is here.`,
      null,
      contributor.name,
    )
    this.#driver.leasing.remember(contributor)
    return contributor
  }

  /** With the key of before: with another it could deny what it has signed. */
  #returning({ resume, key }: Hello): Contributor | null {
    const known = resume ? this.#driver.parts.roster.resume(resume.id, resume.token) : null
    return known?.key && toHex(known.key) !== key ? null : known
  }

  get #admission() {
    return this.#ports.admission
  }

  #isFull(): boolean {
    if (this.#most === Infinity) return false
    return this.#driver.parts.roster.present().length >= this.#most
  }

  #admit(
    address: string,
    invite: string | null,
  ): { contributor: Contributor; token: string } | Refusal {
    const uninvited = this.#driver.parts.invite.refusal(invite)
    if (uninvited) return uninvited
    if (!this.#admission.newcomer(address)) return TOO_MANY_NEWCOMERS
    const { roster, stored } = this.#driver.parts
    const admitted = roster.admit(this.#clock.nowMs(), stored.settings.batch)
    if (!admitted) return NO_ROOM
    if (admitted.forgotten) this.#driver.leasing.forget(admitted.forgotten)
    return admitted
  }

  /** The connection is gone; `clean` = on purpose, so the data goes to others at once. */
  gone(contributor: Contributor, connection: Connection, clean: boolean): void {
    if (contributor.connection !== connection) return
    const { leases, events } = this.#driver.parts
    contributor.connection = null
    this.#admission.leave(connection.address)
    contributor.status = 'away'
    contributor.peers = 0
    contributor.turnPeers = 0
    contributor.lastSeenMs = this.#clock.nowMs()
    if (clean) leases.release(contributor.number)
    this.#driver.left(contributor)
    this.#settling.ask()
    const text = clean ? `${contributor.name} left.` : `${contributor.name} was cut off.`
    events.add('info', clean ? 'left' : 'cut-off', text, null, contributor.name)
    this.#driver.leasing.remember(contributor)
    this.#proceeding.ask()
  }

  /**
   * Something on disk was found damaged while the run goes on: memory has the replica, so that a
   * new checkpoint makes up for it. Who is on the way to the old one is sent to the new one.
   */
  async checkpointNow(code: string, detail: string): Promise<void> {
    const { events, checkpoints, model, roster } = this.#driver.parts
    const before = checkpoints.newest
    if (this.#damage === detail) return
    this.#damage = detail
    events.add('error', code, `A new checkpoint makes up for damage: ${detail}`, model.round)
    await this.#driver.checkpointNow()
    if (checkpoints.newest.round === before.round) return
    for (const contributor of roster.present()) {
      if (contributor.status === 'joining') this.#bringBack(contributor)
    }
  }

  /** One JSON message of a contributor that has joined. */
  text(contributor: Contributor, text: string): void {
    const message = parseMessage(text)
    if (!message.ok) return this.offence(contributor, 'MESSAGE_INVALID', message.detail)
    contributor.lastSeenMs = this.#clock.nowMs()
    this.#message(contributor, message.value)
  }

  /** One binary frame of a contributor that has joined. */
  frame(contributor: Contributor, bytes: Uint8Array): void {
    contributor.lastSeenMs = this.#clock.nowMs()
    try {
      const frame = decodeFrame(bytes, this.mostBytes)
      const { kind } = frame.header
      if (kind === 'verdict' || kind === 'turn') {
        return this.offence(contributor, 'FRAME_KIND', `a ${kind} comes from the coordinator`)
      }
      if (frame.header.run !== this.#driver.parts.stored.number) {
        return this.offence(contributor, 'FRAME_RUN', `run ${frame.header.run} is not yours`)
      }
      const answer = this.#driver.frame(contributor, frame)
      if (answer.kind === 'offence') this.offence(contributor, answer.code, answer.detail)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.offence(contributor, error.code, error.message)
    }
  }

  /** A strike, said to the one who earned it; five exclude. */
  offence(contributor: Contributor, code: string, detail: string): void {
    const nowMs = this.#clock.nowMs()
    const excluded = contributor.strike(nowMs)
    const strikes = Math.round(contributor.strikes(nowMs))
    const text = `${contributor.name}: ${code}, ${detail}`
    this.#driver.parts.events.add('warn', 'strike', text, null, contributor.name)
    contributor.send({ type: 'error', code, detail, fatal: false, strikes })
    if (excluded)
      this.kick(contributor, 'TOO_MANY_STRIKES', ` The last one was ${code}: ${detail}.`)
  }

  /** Closes the connection with the reason; a banned contributor cannot come back by its token. */
  kick(contributor: Contributor, code: Exclusion, why = ''): void {
    const { events, leases } = this.#driver.parts
    const { said, event, logged } = EXCLUSIONS[code]
    if (code === 'BANNED') this.#driver.parts.roster.ban(contributor)
    const strikes = Math.round(contributor.strikes(this.#clock.nowMs()))
    contributor.send({ type: 'error', code, detail: said + why, fatal: true, strikes })
    events.add('warn', event, logged(contributor.name) + why, null, contributor.name)
    leases.release(contributor.number)
    this.revokeSignal(contributor)
    const { connection } = contributor
    connection?.close(4003, 'excluded')
    if (connection) this.gone(contributor, connection, true)
    else this.#driver.leasing.remember(contributor)
  }

  /** Its ticket is void, and the line that it has opened. */
  revokeSignal(contributor: Contributor): void {
    const { peer } = contributor
    contributor.peer = null
    if (peer) this.#ports.signalRevoked(peer.id)
  }

  #message(contributor: Contributor, message: ContributorMessage): void {
    switch (message.type) {
      case 'hello':
        return this.offence(contributor, 'HELLO_TWICE', 'hello comes once, first')
      case 'loaded':
        return this.#loaded(contributor, message)
      case 'ready':
        return this.#ready(contributor, message)
      case 'unready':
        contributor.status = 'joining'
        return this.#driver.left(contributor)
      case 'loudness':
        return this.#driver.loudness(contributor, message.attempt, message.value)
      case 'abstain':
        this.#driver.parts.leases.renew(contributor.number, this.#clock.nowMs())
        return this.#driver.abstained(contributor, message)
      case 'digest':
        return this.#digest(contributor, message)
      case 'heartbeat':
        contributor.stepMs = message.stepMs
        contributor.peers = message.peers
        contributor.turnPeers = message.turnPeers
        contributor.traffic = message.traffic
        contributor.send({ type: 'alive' })
        return this.#heartbeat(contributor)
      case 'bye': {
        const { connection } = contributor
        if (connection) this.gone(contributor, connection, true)
        connection?.close(1000, 'bye')
      }
    }
  }

  /** Renews the leases of those who are not asked for votes, and looks after those that ran out. */
  #heartbeat(contributor: Contributor): void {
    const { leases } = this.#driver.parts
    if (mayComeBack(contributor)) this.#bringBack(contributor)
    const { number, status, renewIceAtMs } = contributor
    if (renewIceAtMs !== null && renewIceAtMs <= this.#clock.nowMs()) {
      contributor.send({ type: 'ice', iceServers: this.#issueIce(contributor) })
    }
    const asked = this.#driver.state.kind === 'training' && leases.parts(number).length > 0
    if (status === 'joining') leases.keep(number, this.#clock.nowMs())
    else if (!asked) leases.renew(number, this.#clock.nowMs())
    this.#proceeding.ask()
  }

  /** It has read what was waiting: where the run is now, and what it was not told meanwhile. */
  #bringBack(contributor: Contributor): void {
    const { model, checkpoints, stored } = this.#driver.parts
    contributor.behind = false
    contributor.send({ type: 'behind', round: model.round, checkpoint: checkpoints.newest })
    repeatSettled(contributor, stored.number)
  }

  #loaded(contributor: Contributor, message: MessageOf<ContributorMessage, 'loaded'>): void {
    if (message.sequence !== contributor.loadedSequence + 1) {
      return this.offence(contributor, 'MESSAGE_INVALID', `loaded ${message.sequence} out of order`)
    }
    contributor.loadedSequence = message.sequence
    const held = this.#driver.parts.leases.held(contributor.number)
    for (const chunk of message.chunks) {
      if (held.has(chunk)) contributor.loaded.set(chunk, message.sequence)
    }
    this.#proceeding.ask()
  }

  #ready(contributor: Contributor, message: MessageOf<ContributorMessage, 'ready'>): void {
    contributor.backend = message.backend
    contributor.stepMs = message.stepMs[message.backend] ?? contributor.stepMs
    const { model, ledger } = this.#driver.parts
    const differs = message.round === model.round && message.digest !== model.digest()
    // The ledger may be read a moment before its verdict is applied here, and no further.
    const ahead = message.round > Math.max(model.round, (ledger.head?.round ?? -1) + 1)
    // It has yet to hear of the verdicts that were left out, and says ready again after those.
    if (contributor.behind) return
    if (differs || ahead) return this.#resync(contributor, message.round)
    contributor.status = 'ready'
    this.#settling.ask()
    this.#proceeding.ask()
  }

  #digest(contributor: Contributor, message: MessageOf<ContributorMessage, 'digest'>): void {
    const expected = this.#driver.parts.book.digestAt(message.round)
    if (expected === undefined) return
    const agrees = expected === message.digest
    contributor.lastDigest = { round: message.round, agrees }
    if (!agrees) this.#resync(contributor, message.round)
  }

  #resync(contributor: Contributor, round: number): void {
    const { events, checkpoints, model } = this.#driver.parts
    const text = `${contributor.name}'s replica differs at round ${round}; it starts again.`
    events.add('error', 'digest-differs', text, round, contributor.name)
    contributor.status = 'joining'
    this.#driver.left(contributor)
    contributor.send({ type: 'resync', round: model.round, checkpoint: checkpoints.newest })
    // An honest replica differs hardly ever; who says so again and again only makes work.
    if (contributor.strike(this.#clock.nowMs())) this.kick(contributor, 'TOO_MANY_STRIKES')
  }

  /** The same browser goes on there: what is still open must not come back on its own. */
  #replace(contributor: Contributor, before: Connection): void {
    const detail = 'This contributor has come back on another connection.'
    contributor.send({ type: 'error', code: 'REPLACED', detail, fatal: true, strikes: 0 })
    before.close(4009, 'replaced by a newer connection')
    this.#admission.leave(before.address)
    this.#driver.left(contributor)
  }

  /** A page that kept its mesh keeps its PeerJS id too, and with it its open edges. */
  #peerFor(contributor: Contributor, hello: Hello): { id: string; ticket: string } | null {
    if (!hello.webrtc) return null
    const kept = contributor.peer !== null && contributor.peer.id === hello.peer
    return kept ? contributor.peer : this.#issuePeer(contributor)
  }

  #issuePeer(contributor: Contributor): { id: string; ticket: string } {
    const random = toHex(this.#ports.entropy(24))
    const id = `q${this.#driver.parts.stored.number}-${contributor.number}-${random.slice(0, 12)}`
    return { id, ticket: random.slice(12) }
  }

  #welcome(contributor: Contributor, token: string): Welcome {
    const { stored, model, checkpoints } = this.#driver.parts
    const [height, width, channels] = this.#shape.input
    return {
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      id: contributor.id,
      contributor: contributor.number,
      name: contributor.name,
      token,
      run: {
        id: stored.id,
        number: stored.number,
        settings: stored.settings,
        input: [height, width, channels],
        classes: this.#shape.classes,
        d: model.d,
      },
      state: this.#driver.state,
      round: model.round,
      checkpoint: checkpoints.newest,
      peer: contributor.peer && { ...contributor.peer, path: '/signal' },
      iceServers: this.#issueIce(contributor),
    }
  }

  #issueIce(contributor: Contributor): Welcome['iceServers'] {
    const { servers, renewAtMs } = this.#ports.issueIce(contributor.id)
    contributor.renewIceAtMs = renewAtMs
    return [...servers]
  }
}
