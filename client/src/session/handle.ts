import type { SessionView } from './view.ts'

/** What the volunteer page asks of a session in this browser. */
export interface BrowserSessionOptions {
  /** Id of the run to join. */
  readonly run: string
  /** Called with the first view before `startBrowserSession` resolves, then on every change. */
  readonly onView: (view: SessionView) => void
  /** `?backend=`: force this backend; null = the fastest by measurement. */
  readonly backend: string | null
  /** `?batch=`: records per batch at most; null = as the coordinator says. */
  readonly batch: number | null
  /** Share of the rounds to take part in, 0.1..1. */
  readonly intensity: number
  /** Other contributors never see this network address: WebRTC through TURN servers, or none. */
  readonly hideAddress: boolean
  /** The code of a run that is by invitation, or null. */
  readonly invite: string | null
}

/** A running session. Actions return at once; what becomes of them shows in the view. */
export interface SessionHandle {
  pause(): void
  resume(): void
  /** Finishes the round at hand, then leaves. */
  stopAfterRound(): void
  /** Leaves now; resolves when worker, sockets and links are closed. */
  stopNow(): Promise<void>
  /** Share of the rounds to take part in from now on, 0.1..1. */
  setIntensity(value: number): void
  /** A copy of the replica and the round it stands at. Rejects before the first checkpoint is loaded. */
  parameters(): Promise<{ round: number; parameters: Float32Array }>
}
