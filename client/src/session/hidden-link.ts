import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import type { ContributorMessage } from '@quorate/shared/protocol/messages'
import { reachOf, type Reach } from '../mesh/reach.ts'
import type { Link, LinkEvent } from './ports.ts'

type Welcome = MessageOf<CoordinatorMessage, 'welcome'>

export interface RestartableLink extends Link {
  /** Leaves the connection for a new one, which tells 'open'. */
  restart(): void
}

export interface HiddenLinkOptions {
  readonly link: RestartableLink
  /** Whether this browser has WebRTC. */
  readonly webrtc: boolean
  /** Keeps what lets the next hello come back as the same contributor. */
  readonly remember: (welcome: Welcome) => void
  readonly onReach: (reach: Reach) => void
}

/**
 * The link of a contributor that hides its address. Whether there is a TURN server stands in the
 * welcome, whether there is WebRTC in the hello before it: the first hello says no, and a welcome
 * that names a TURN server is answered with a new hello that says yes. The session hears of neither.
 */
export class HiddenLink implements Link {
  readonly #options: HiddenLinkOptions
  /** What the last hello went by. */
  #reach: Reach = 'server'

  constructor(options: HiddenLinkOptions) {
    this.#options = options
  }

  get bytesSent(): Link['bytesSent'] {
    return this.#options.link.bytesSent
  }

  send(message: ContributorMessage): boolean {
    const { link } = this.#options
    if (message.type !== 'hello') return link.send(message)
    return link.send({ ...message, webrtc: message.webrtc && this.#reach === 'relay' })
  }

  sendFrame(frame: Uint8Array): boolean {
    return this.#options.link.sendFrame(frame)
  }

  listen(listener: (event: LinkEvent) => void): void {
    this.#options.link.listen((event) => {
      const welcome =
        event.kind === 'message' && event.message.type === 'welcome' ? event.message : null
      if (welcome === null || this.#accepts(welcome)) listener(event)
    })
  }

  rest(): void {
    this.#options.link.rest()
  }

  wake(): void {
    this.#options.link.wake()
  }

  close(): void {
    this.#options.link.close()
  }

  #accepts(welcome: Welcome): boolean {
    const { link, webrtc, remember, onReach } = this.#options
    const reach = reachOf({ hideAddress: true, webrtc, iceServers: welcome.iceServers })
    onReach(reach)
    if (reach === this.#reach) return true
    this.#reach = reach
    remember(welcome)
    link.restart()
    return false
  }
}
