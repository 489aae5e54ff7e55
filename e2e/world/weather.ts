import type { Clock } from '@quorate/shared/clock/clock'
import type { Generator } from '@quorate/shared/random/generator'
import type { Mesh } from '@quorate/client/session/ports'
import { changed } from './changed.ts'

/** What the network between members does to frames: shares of them, 0..1, and a longest delay. */
export interface Weather {
  readonly loss: number
  readonly duplicate: number
  readonly reorder: number
  readonly corrupt: number
  readonly delayMs: number
}

export const CALM: Weather = { loss: 0, duplicate: 0, reorder: 0, corrupt: 0, delayMs: 0 }

/** How long a frame is held back to come after later ones, at most. */
const REORDER_MS = 200

export interface WeatherPorts {
  readonly clock: Clock
  readonly random: Generator
  readonly weather: () => Weather
  /** Is told of each frame that something happens to. */
  readonly struck: (kind: 'loss' | 'duplicate' | 'reorder' | 'corrupt') => void
}

/** `mesh` under the weather: what is lost was 'sent' all the same, as the sender cannot know. */
export function underWeather(mesh: Mesh, ports: WeatherPorts): Mesh {
  const { clock, random, weather, struck } = ports
  return changed(mesh, {
    send: async (contributor, frame, deadlineMs) => {
      const { loss, duplicate, reorder, corrupt, delayMs } = weather()
      const isCalm = loss + duplicate + reorder + corrupt + delayMs === 0
      if (isCalm || !mesh.connected.has(contributor)) {
        return mesh.send(contributor, frame, deadlineMs)
      }
      const strikes = (share: number) => random.uniform() < share
      if (strikes(loss)) {
        struck('loss')
        return 'sent'
      }
      const bytes = frame.slice()
      if (strikes(corrupt)) {
        struck('corrupt')
        const at = random.below(bytes.length)
        bytes[at] = (bytes[at] as number) ^ (1 << random.below(8))
      }
      const later = (mostMs: number) =>
        clock.after(random.uniform() * mostMs, () => {
          void mesh.send(contributor, bytes, deadlineMs)
        })
      if (strikes(duplicate)) {
        struck('duplicate')
        later(REORDER_MS)
      }
      if (strikes(reorder)) {
        struck('reorder')
        later(REORDER_MS)
      } else if (delayMs > 0) later(delayMs)
      else return mesh.send(contributor, bytes, deadlineMs)
      return 'sent'
    },
  })
}
