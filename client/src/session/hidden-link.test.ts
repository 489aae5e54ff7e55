import type {
  ContributorMessage,
  CoordinatorMessage,
  MessageOf,
} from '@quorate/shared/protocol/messages'
import { describe, expect, it } from 'vitest'
import type { Reach } from '../mesh/reach.ts'
import { HiddenLink, type RestartableLink } from './hidden-link.ts'
import type { LinkEvent } from './ports.ts'

type Welcome = MessageOf<CoordinatorMessage, 'welcome'>

const turn = [{ urls: 'turn:turn.example.org' }]
const hello = {
  ...{ type: 'hello', protocol: 1, run: 'r', resume: null, webrtc: true, peer: null },
} as ContributorMessage

/** A coordinator that welcomes every hello and names `iceServers`. */
function world(iceServers: Welcome['iceServers'], webrtc = true) {
  const hellos: boolean[] = []
  const seen: string[] = []
  const reaches: Reach[] = []
  const remembered: string[] = []
  let listener: (event: LinkEvent) => void = () => {}
  const inner: RestartableLink = {
    bytesSent: { text: 0, binary: 0 },
    send(message) {
      if (message.type === 'hello') hellos.push(message.webrtc)
      return true
    },
    sendFrame: () => true,
    rest: () => {},
    wake: () => {},
    listen: (next) => (listener = next),
    close: () => {},
    restart: () => listener({ kind: 'open' }),
  }
  const link = new HiddenLink({
    ...{ link: inner, webrtc },
    remember: ({ token }) => remembered.push(token),
    onReach: (reach) => reaches.push(reach),
  })
  link.listen((event) => {
    seen.push(event.kind)
    if (event.kind === 'open') link.send(hello)
  })
  const welcome = (servers = iceServers) => {
    const message = { type: 'welcome', token: 'secret', iceServers: servers } as unknown as Welcome
    listener({ kind: 'message', message, sizeBytes: 1 })
  }
  listener({ kind: 'open' })
  return { hellos, seen, reaches, remembered, welcome, open: () => listener({ kind: 'open' }) }
}

describe('a hidden address', () => {
  it('says that it has no WebRTC where there is no TURN server', () => {
    const { hellos, seen, reaches, welcome } = world([{ urls: 'stun:stun.example.org' }])
    welcome()
    expect(hellos).toEqual([false])
    expect(seen).toEqual(['open', 'message'])
    expect(reaches).toEqual(['server'])
  })

  it('comes back at once as the same contributor, with WebRTC, where there is one', () => {
    const { hellos, seen, reaches, remembered, welcome } = world(turn)
    welcome()
    expect(remembered).toEqual(['secret'])
    welcome()
    expect(hellos).toEqual([false, true])
    expect(seen).toEqual(['open', 'open', 'message'])
    expect(reaches).toEqual(['relay', 'relay'])
  })

  it('knows after a lost connection what it learned before', () => {
    const { hellos, welcome, open } = world(turn)
    welcome()
    welcome()
    open()
    welcome()
    expect(hellos).toEqual([false, true, true])
  })

  it('gives WebRTC up when the TURN server is gone', () => {
    const { hellos, reaches, welcome, open } = world(turn)
    welcome()
    welcome()
    open()
    welcome([])
    welcome([])
    expect(hellos).toEqual([false, true, true, false])
    expect(reaches.at(-1)).toBe('server')
  })

  it('stays with the server in a browser without WebRTC', () => {
    const { hellos, welcome } = world(turn, false)
    welcome()
    expect(hellos).toEqual([false])
  })
})
