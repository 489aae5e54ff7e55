import type { RTCIceServerLike } from '../session/ports.ts'

/**
 * How votes reach other volunteers: straight from browser to browser, from browser to browser by
 * way of a TURN server, or all of them through the coordinator.
 */
export type Reach = 'direct' | 'relay' | 'server'

export interface ReachChoice {
  /** No other volunteer may see this network address. */
  readonly hideAddress: boolean
  /** Whether this browser has WebRTC at all. */
  readonly webrtc: boolean
  readonly iceServers: readonly RTCIceServerLike[]
}

/** A hidden address needs a TURN server in between; without one WebRTC is not used. */
export function reachOf({ hideAddress, webrtc, iceServers }: ReachChoice): Reach {
  if (!webrtc) return 'server'
  if (!hideAddress) return 'direct'
  return iceServers.some(isTurn) ? 'relay' : 'server'
}

/** What an RTCPeerConnection is made with. Relay only: no candidate carries an own address. */
export function rtcConfiguration(
  iceServers: readonly RTCIceServerLike[],
  relayOnly: boolean,
): RTCConfiguration {
  return {
    iceServers: iceServers.map(toIceServer),
    iceTransportPolicy: relayOnly ? 'relay' : 'all',
  }
}

function isTurn({ urls }: RTCIceServerLike): boolean {
  return [urls].flat().some((url) => /^turns?:/i.test(url))
}

function toIceServer({ urls, username, credential }: RTCIceServerLike): RTCIceServer {
  return {
    urls,
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  }
}
