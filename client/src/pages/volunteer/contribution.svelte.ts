import type { SessionHandle } from '../../session/handle.ts'
import { noSession } from '../../session/view.ts'
import type { SessionStatus, SessionView } from '../../session/view.ts'
import { forcedBy } from './forced.ts'
import type { PausedBy } from './status.ts'

export interface JoinOptions {
  readonly run: string
  readonly intensity: number
  readonly hideAddress: boolean
  /** The code of a run that is by invitation, or null. */
  readonly invite: string | null
}

/**
 * Changes of one such span are shown together. A round brings several, and drawing the page anew
 * takes as long as a training step where no GPU draws it.
 */
const GATHER_MS = 500

/** The page's only bridge to the session: one view that changes whole, and what can be asked of it. */
export class Contribution {
  view = $state.raw<SessionView>(noSession)
  pausedBy = $state<PausedBy>('me')
  /** The run of the last join. */
  run = $state<string | null>(null)

  /** A promise, so that what is asked while the code is still loading is done once it is there. */
  #handle: Promise<SessionHandle> | null = null
  #newest: SessionView = noSession
  #gathering: ReturnType<typeof setTimeout> | undefined

  /** Loads the training code and starts; never rejects, a failure shows in the view. */
  async join(options: JoinOptions): Promise<void> {
    this.run = options.run
    this.pausedBy = 'me'
    this.#show({ ...noSession, status: { kind: 'connecting' } })
    const handle = this.#start(options)
    this.#handle = handle
    try {
      await handle
    } catch (error) {
      if (this.#handle !== handle) return
      this.#handle = null
      console.error('the session could not start', error)
      this.#fail(error)
    }
  }

  pause(by: PausedBy = 'me'): void {
    this.pausedBy = by
    this.#ask((handle) => handle.pause())
  }

  resume(): void {
    this.#ask((handle) => handle.resume())
  }

  /** What the tab rested for is over: it goes on, if nobody has let it go on before. */
  restOver(): void {
    if (this.view.status.kind === 'paused') this.resume()
    this.pausedBy = 'me'
  }

  stopAfterRound(): void {
    this.#ask((handle) => handle.stopAfterRound())
  }

  stopNow(): void {
    this.#ask((handle) => handle.stopNow())
  }

  setIntensity(value: number): void {
    this.#ask((handle) => handle.setIntensity(value))
  }

  /** The replica in this tab; null when there is none. */
  async parameters(): Promise<{ round: number; parameters: Float32Array } | null> {
    const handle = await this.#handle
    return handle ? handle.parameters() : null
  }

  async #start({ run, intensity, hideAddress, invite }: JoinOptions): Promise<SessionHandle> {
    const before = this.#handle
    const { startBrowserSession } = await import('../../session/browser-session.ts')
    await before?.then((old) => old.stopNow()).catch(() => undefined)
    const { backend, batch } = forcedBy(location.search)
    return startBrowserSession({
      run,
      intensity,
      hideAddress,
      invite,
      onView: (view) => this.#gather(view),
      backend,
      batch,
    })
  }

  #ask(action: (handle: SessionHandle) => void | Promise<void>): void {
    this.#handle?.then(action).catch((error: unknown) => {
      console.error('the session failed', error)
      this.#fail(error)
    })
  }

  /** Shows another status at once, and figures within the span. */
  #gather(view: SessionView): void {
    if (view.status.kind !== this.view.status.kind) return this.#show(view)
    this.#newest = view
    this.#gathering ??= setTimeout(() => this.#show(this.#newest), GATHER_MS)
  }

  #show(view: SessionView): void {
    clearTimeout(this.#gathering)
    this.#gathering = undefined
    this.view = view
  }

  #fail(error: unknown): void {
    const code =
      error instanceof Error && 'code' in error ? String(error.code) : 'PAGE_PART_MISSING'
    const detail = error instanceof Error ? error.message : String(error)
    this.#show({ ...this.view, status: { kind: 'failed', code, detail } })
  }
}

/** Whether a session is under way, as against not begun or over. */
export function isUnderWay(status: SessionStatus): boolean {
  switch (status.kind) {
    case 'idle':
    case 'stopped':
    case 'finished':
    case 'failed':
      return false
    case 'connecting':
    case 'preparing':
    case 'catching-up':
    case 'waiting-for-data':
    case 'ready':
    case 'training':
    case 'ending':
    case 'paused':
    case 'connection-lost':
      return true
  }
}
