/** A real contributor without a browser: session, link and trainer as in a page, on Node. */
import { WebSocket as NodeSocket } from 'ws'
import { HttpFiles } from '@quorate/client/link/files'
import { WebSocketLink } from '@quorate/client/link/link'
import { MemoryNetwork } from '@quorate/client/mesh/memory-mesh'
import { ContributorSession } from '@quorate/client/session/contributor-session'
import { PlainEngine } from '@quorate/client/trainer/plain-engine'
import { LocalTrainer } from '@quorate/client/trainer/trainer'
import { systemClock } from '@quorate/shared/clock/system-clock'
import { nodeKeys } from '../fixtures/node-keys.ts'
import { generator } from '@quorate/shared/random/generator'

/** Joins a run at `url`, such as `http://127.0.0.1:4000`; trains until it is stopped. */
export function joinFromNode(url: string, run: string): ContributorSession {
  const clock = systemClock
  const chance = generator(1, 0xb0de)
  const random = () => chance.uniform()
  // No WebRTC here: everything goes through the coordinator.
  const network = new MemoryNetwork({ clock, random: chance, delayMs: [0, 0] })
  let kept: { id: string; token: string } | null = null
  const session = new ContributorSession(
    {
      link: new WebSocketLink({
        url: `${url.replace('http', 'ws')}/ws`,
        ...{ clock, random },
        WebSocket: NodeSocket as unknown as new (url: string) => WebSocket,
      }),
      mesh: network.mesh(false),
      files: new HttpFiles({
        // Paths of this server, as HttpFiles is given them.
        fetch: (path, options) => fetch(new URL(path as string, url), options),
        ...{ clock, random },
      }),
      trainer: new LocalTrainer(new PlainEngine(), () => clock.nowMs()),
      clock,
      keys: nodeKeys(chance),
      onView: () => {},
      mark: () => {},
      resume: {
        load: () => kept,
        save: (value) => (kept = value),
        forget: () => (kept = null),
      },
    },
    { run, intensity: 1, batchLimit: null, invite: null },
  )
  session.start()
  return session
}
