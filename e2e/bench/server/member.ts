import { once } from 'node:events'
import { coordinatorMessage } from '@quorate/shared/protocol/messages'
import type {
  ContributorMessage,
  CoordinatorMessage,
  MessageOf,
} from '@quorate/shared/protocol/messages'
import { noTraffic } from '@quorate/shared/protocol/traffic'
import { generator } from '@quorate/shared/random/generator'
import { kindOfFrame, splitFrames } from '@quorate/shared/wire/frame'
import { decodeTurn } from '@quorate/shared/wire/turn'
import type { Opening } from '@quorate/shared/wire/turn'
import { PROTOCOL_VERSION } from '@quorate/shared/wire/version'
import { WebSocket } from 'ws'
import { nodeKeys, provenKey } from '../../fixtures/node-keys.ts'
import { BenchError } from '../errors.ts'

/** One for all: a key is not what tells contributors apart. */
const KEYS = nodeKeys(generator(1, 1))

type Welcome = MessageOf<CoordinatorMessage, 'welcome'>

/** What a member tells the crowd that it is of. */
export interface Hearing {
  /** It is here, and has named its data as loaded. */
  joined(welcome: Welcome): void
  /** The verdict's frame, as it came. */
  verdict(frame: Uint8Array): void
  opening(): void
  failed(error: Error): void
}

/** A contributor that trains nothing: it says what one says, and casts what it is given. */
export class Member {
  readonly #socket: WebSocket
  readonly #hearing: Hearing
  #run = 0
  #welcome: Welcome | null = null
  /** Sequence of its last `loaded`. */
  #loaded = 0
  readonly #replica: string
  /** The round that it is asked for a ballot in. */
  opening: Pick<Opening, 'round' | 'attempt'> | null = null

  /** Connects from `localAddress`: limits count by address. */
  static async connect(
    url: string,
    from: { run: string; replica: string; localAddress: string },
    hearing: Hearing,
  ): Promise<Member> {
    const { localAddress } = from
    const socket = new WebSocket(url, { localAddress, perMessageDeflate: false })
    const member = new Member(socket, from.replica, hearing)
    const [challenge] = (await once(socket, 'message')) as [Buffer]
    const { nonce } = JSON.parse(challenge.toString()) as { nonce: string }
    member.#say({
      ...{ type: 'hello', protocol: PROTOCOL_VERSION, run: from.run, invite: null },
      ...{ resume: null, webrtc: false, peer: null },
      ...(await provenKey(KEYS, { run: from.run, nonce })),
    })
    return member
  }

  private constructor(socket: WebSocket, replica: string, hearing: Hearing) {
    this.#replica = replica
    this.#socket = socket
    this.#hearing = hearing
    const fail = (why: string) => hearing.failed(new BenchError('CROWD_FAILED', why))
    socket.on('error', (error) => fail(`a contributor's socket failed: ${error.message}`))
    socket.on('close', (code) => code !== 1000 && fail(`the coordinator closed with ${code}`))
    socket.on('message', (data: Buffer, isBinary) => {
      try {
        if (isBinary) this.#binary(data)
        else this.#text(data.toString())
      } catch (error) {
        fail(error instanceof Error ? error.message : String(error))
      }
    })
  }

  /** Keeps its lease, as long as it is not asked for a ballot. */
  heartbeat(): void {
    this.#say({ type: 'heartbeat', stepMs: null, peers: 0, turnPeers: 0, traffic: noTraffic })
  }

  /** Takes part from the next opening on; the coordinator knows when this resolves. */
  async ready(): Promise<void> {
    const at = { round: 0, digest: this.#replica }
    this.#say({ type: 'ready', ...at, backend: 'none', stepMs: {} })
    this.#socket.ping()
    await once(this.#socket, 'pong')
  }

  /** Resolves when the machine has taken all of it. */
  cast(frame: Uint8Array): Promise<void> {
    this.opening = null
    return new Promise((resolve, reject) => {
      this.#socket.send(frame, (error) =>
        error ? reject(new BenchError('CROWD_FAILED', error.message)) : resolve(),
      )
    })
  }

  leave(): void {
    this.#socket.removeAllListeners()
    this.#socket.on('error', () => {}) // nobody is left to hear of it
    this.#socket.terminate()
  }

  #say(message: ContributorMessage): void {
    this.#socket.send(JSON.stringify(message))
  }

  #text(text: string): void {
    const message = coordinatorMessage.parse(JSON.parse(text))
    switch (message.type) {
      case 'welcome':
        this.#run = message.run.number
        this.#welcome = message
        return
      case 'lease':
        return this.#leased(message)
      case 'error':
        throw new BenchError('CROWD_FAILED', `${message.code}: ${message.detail}`)
      default:
    }
  }

  #leased({ parts }: MessageOf<CoordinatorMessage, 'lease'>): void {
    const chunk = parts[0]?.chunks[0]
    if (!chunk) return
    this.#loaded += 1
    this.#say({ type: 'loaded', sequence: this.#loaded, chunks: [chunk.digest] })
    if (this.#welcome && this.#loaded === 1) this.#hearing.joined(this.#welcome)
    this.#welcome = null
  }

  #binary(message: Uint8Array): void {
    for (const frame of splitFrames(message)) {
      if (kindOfFrame(frame) === 'verdict') this.#hearing.verdict(frame)
      else {
        const { opening } = decodeTurn(frame, this.#run)
        if (!opening) continue
        this.opening = { round: opening.round, attempt: opening.attempt }
        this.#hearing.opening()
      }
    }
  }
}
