/** Liars whose ballot is not what they computed. */
import type { Trainer } from '@quorate/client/session/ports'
import type { Ballot } from '@quorate/shared/methods/method'
import { changed } from '../changed.ts'
import type { Liar, LiarPorts } from './liar.ts'

/** How long a copier waits for somebody else's ballot. */
const COPY_AFTER_MS = 40

/** Votes for the opposite of what it computed. */
export function flipper(ports: LiarPorts): Liar {
  return casting(ports, async (ballot) => {
    return { ...ballot, signs: ballot.signs.map((word) => ~word) }
  })
}

/** Votes by lot. */
export function gambler(ports: LiarPorts): Liar {
  return casting(ports, async (ballot) => {
    return { ...ballot, signs: ballot.signs.map(() => ports.random.uint32()) }
  })
}

/** Votes as somebody else did in the same round. */
export function copier(ports: LiarPorts): Liar {
  const { clock, overhears } = ports
  return casting(ports, async (ballot, attempt) => {
    await new Promise<void>((resolve) => clock.after(COPY_AFTER_MS, resolve))
    return overhears(attempt) ?? ballot
  })
}

function casting(
  { told }: LiarPorts,
  lie: (ballot: Ballot, attempt: number) => Promise<Ballot>,
): Liar {
  const trainer = (honest: Trainer) =>
    changed(honest, {
      cast: async (order) => {
        const result = await honest.cast(order)
        if (result.kind !== 'cast' || result.sent.kind === 'payload') return result
        told()
        return { ...result, sent: await lie(result.sent, order.attempt) }
      },
    })
  return { trainer }
}
