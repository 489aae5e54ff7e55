import type { RTCIceServerLike } from '../session/ports.ts'

/** What the coordinator issued for signing in: `id` is how others dial this browser. */
export interface SignallingTicket {
  readonly id: string
  readonly ticket: string
  readonly path: string
}

/** One data connection, reliable and in order, that carries messages. */
export interface Channel {
  /** Id of the other end; signalling vouches for it. */
  readonly peer: string
  /** Bytes sent that have not left for the network. */
  readonly bufferedAmount: number
  /** One listener. After 'closed' comes nothing. */
  listen(listener: (event: ChannelEvent) => void): void
  /** Only between 'open' and 'closed'. */
  send(message: Uint8Array<ArrayBuffer>): void
  /** Calls `run` once bufferedAmount is at most `bytes`; replaces the call waited for before. */
  whenBelow(bytes: number, run: () => void): void
  close(): void
}

/** From browser to browser, or by way of a TURN server. */
export type EdgeRoute = 'direct' | 'turn'

export type ChannelEvent =
  | { readonly kind: 'open' }
  /** Which way it goes: told again and again while it is open. */
  | { readonly kind: 'route'; readonly route: EdgeRoute }
  /** Of any size and content. */
  | { readonly kind: 'message'; readonly message: Uint8Array }
  | { readonly kind: 'closed' }

/** Signed in to signalling for one ticket; signs in again by itself when the line is lost. */
export interface Signalling {
  /** May never open: the caller has a deadline. */
  dial(peer: string): Channel
  /** Channels that are made from now on use these servers. */
  renew(iceServers: readonly RTCIceServerLike[]): void
  /** Closes signalling and every channel. */
  close(): void
}

export type OpenSignalling = (
  ticket: SignallingTicket,
  iceServers: readonly RTCIceServerLike[],
  incoming: (channel: Channel) => void,
) => Signalling
