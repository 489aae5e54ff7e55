/** A session put together from the browser's own parts: sockets, WebRTC, workers. */
import { backendName } from '@quorate/shared/protocol/messages'
import type { BackendName } from '@quorate/shared/protocol/messages'
import { HttpFiles } from '../link/files.ts'
import { WebSocketLink } from '../link/link.ts'
import { EdgeMesh } from '../mesh/mesh.ts'
import { peerSignalling } from '../mesh/peerjs-signalling.ts'
import { reachOf, type Reach } from '../mesh/reach.ts'
import { markTimeline } from '../timeline/timeline.ts'
import { TrainerClient } from '../worker-client/trainer-client.ts'
import { WorkerClock } from '../worker-client/worker-clock.ts'
import { browserRandom } from '../link/browser-random.ts'
import { browserKeys } from './browser-keys.ts'
import { ContributorSession } from './contributor-session.ts'
import type { BrowserSessionOptions, SessionHandle } from './handle.ts'
import { HiddenLink } from './hidden-link.ts'

/** Joins a run from this tab. The first view comes before this resolves. */
export async function startBrowserSession(options: BrowserSessionOptions): Promise<SessionHandle> {
  // First: a link that is made connects, and must be listened to from then on.
  const keys = await browserKeys()
  const clock = new WorkerClock()
  const random = browserRandom
  const forced = backendOf(options.backend)
  const trainer = new TrainerClient({ clock, forced })
  const { hideAddress } = options
  const resume = tabMemory(options.run)
  const openSignalling = peerSignalling({ location, clock, random, relayOnly: hideAddress })
  const webrtc = openSignalling !== null
  /** A hidden address goes by what the welcome says. */
  let reach: Reach | null = hideAddress ? null : reachOf({ hideAddress, webrtc, iceServers: [] })
  const socket = new WebSocketLink({ url: socketUrl(), clock, random, WebSocket })
  const hidden = () =>
    new HiddenLink({
      ...{ link: socket, webrtc },
      remember: ({ id, token }) => resume.save({ id, token }),
      onReach: (now) => (reach = now),
    })
  const link = hideAddress ? hidden() : socket
  const session = new ContributorSession(
    {
      link,
      mesh: new EdgeMesh({ clock, openSignalling }),
      files: new HttpFiles({ fetch: fetch.bind(globalThis), clock, random }),
      trainer,
      clock,
      keys,
      onView: (view) => options.onView({ ...view, reach }),
      mark: markTimeline,
      resume,
    },
    {
      run: options.run,
      intensity: options.intensity,
      batchLimit: options.batch,
      invite: options.invite,
    },
  )
  session.start()
  /** The replica as it stood when the session ended. */
  let last: Promise<Float32Array<ArrayBuffer>> | null = null
  return {
    pause: () => session.pause(),
    resume: () => session.resume(),
    stopAfterRound: () => session.stopAfterRound(),
    setIntensity: (share) => session.setIntensity(share),
    async stopNow() {
      last ??= trainer.parameters()
      await Promise.allSettled([last, session.stop()])
      trainer.close()
      clock.close()
    },
    async parameters() {
      const parameters = await (last ?? trainer.parameters())
      return { round: session.view.replicaRound, parameters }
    },
  }
}

function backendOf(name: string | null): BackendName | null {
  const parsed = backendName.safeParse(name)
  return parsed.success && parsed.data !== 'none' ? parsed.data : null
}

function socketUrl(): string {
  const url = new URL('/ws', location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return url.href
}

/** What lets this tab, and only this tab, come back as the same contributor. */
function tabMemory(run: string) {
  const key = `quorate/contributor/${run}`
  return {
    load(): { id: string; token: string } | null {
      try {
        const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? 'null')
        return isResume(kept) ? kept : null
      } catch {
        // Storage is blocked or holds something else: a newcomer, then.
        return null
      }
    },
    save(value: { id: string; token: string }): void {
      try {
        sessionStorage.setItem(key, JSON.stringify(value))
      } catch {
        // Blocked or full: after a reload this tab is a newcomer.
      }
    },
    forget(): void {
      try {
        sessionStorage.removeItem(key)
      } catch {
        // Blocked: there is nothing to forget.
      }
    },
  }
}

function isResume(value: unknown): value is { id: string; token: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'token' in value &&
    typeof value.token === 'string'
  )
}
