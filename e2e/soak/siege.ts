/** A run in progress, besieged: rounds must go on, and the coordinator's memory stay flat. */
import { once } from 'node:events'
import { get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ContributorView, RunView } from '@quorate/shared/api/api'
import type { Coordinator } from '../fixtures/coordinator.ts'
import { smallRun } from '../fixtures/settings.ts'
import { until } from '../fixtures/until.ts'
import { besiege } from './hostile.ts'
import { joinFromNode } from './node-volunteer.ts'

const VOLUNTEERS = 2
const SOCKETS = 100
const LOOK_EVERY_MS = 1000
const MIB = 2 ** 20
/** What the coordinator's memory may grow by under siege, whatever its length. */
export const MOST_GROWTH_MIB = 160

export interface SiegeFigures {
  readonly seconds: number
  readonly roundsBefore: number
  readonly rounds: number
  /** The longest time without a round, s. */
  readonly longestPause: number
  readonly sent: number
  readonly opened: number
  readonly closed: number
  /** Resident memory of the coordinator, MiB: before, at most, at the end. */
  readonly memory: { readonly before: number; readonly most: number; readonly after: number }
  /** Strikes of the two who train. */
  readonly strikes: number
  readonly agree: boolean
}

/** Two contributors train, a hundred sockets do their worst for `seconds`. */
export async function underSiege(
  coordinator: Coordinator,
  seconds: number,
  look: (text: string) => void = () => {},
): Promise<SiegeFigures> {
  const { id } = await coordinator.startRun({ ...smallRun, minRoundMs: 50 })
  const sessions = Array.from({ length: VOLUNTEERS }, () => joinFromNode(coordinator.url, id))
  try {
    const about = async <T>(path: string) => {
      return JSON.parse(await ask(`${coordinator.url}/api/runs/${id}${path}`)) as T
    }
    const round = async () => (await about<RunView>('')).round
    await until('the run trains', async () => (await round()) >= 50)
    const counted = () => sessions.every((session) => session.view.roundsCounted > 5)
    await until('both are counted', async () => counted())
    const siege = besiege(`${coordinator.url.replace('http', 'ws')}/ws`, id, SOCKETS)
    const seen = { memory: [await memoryMiB(coordinator)], rounds: [await round()], pause: 0 }
    let still = 0
    for (let second = 0; second < seconds; second++) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
      const [now, before] = [await round(), seen.rounds.at(-1) ?? 0]
      still = now > before ? 0 : still + 1
      seen.pause = Math.max(seen.pause, still)
      seen.rounds.push(now)
      seen.memory.push(await memoryMiB(coordinator))
      look(`${second + 1} of ${seconds} s, round ${now}, ${seen.memory.at(-1)} MiB`)
    }
    siege.end()
    const { contributors: people } = await about<{ contributors: ContributorView[] }>(
      '/contributors',
    )
    const mine = people.filter(({ name }) => sessions.some(({ view }) => view.me?.name === name))
    const agree = mine.every(({ lastDigest }) => lastDigest?.agrees ?? false)
    return {
      seconds,
      roundsBefore: seen.rounds[0] ?? 0,
      rounds: (seen.rounds.at(-1) ?? 0) - (seen.rounds[0] ?? 0),
      longestPause: seen.pause,
      ...siege.counts,
      memory: {
        before: seen.memory[0] ?? 0,
        most: Math.max(...seen.memory),
        after: seen.memory.at(-1) ?? 0,
      },
      strikes: mine.reduce((sum, { strikes }) => sum + strikes, 0),
      agree: agree && mine.length === VOLUNTEERS,
    }
  } finally {
    for (const session of sessions) await session.stop()
  }
}

async function memoryMiB({ url }: Coordinator): Promise<number> {
  const bytes = /^process_resident_memory_bytes (\d+)/m.exec(await ask(`${url}/metrics`))?.[1]
  if (!bytes) throw new Error('/metrics does not say how much memory is resident')
  return Math.round(Number(bytes) / MIB)
}

/**
 * The body of an answer, by a connection of its own: one that is kept may have been closed while
 * this process, which trains and besieges, had no time to hear of it.
 */
async function ask(url: string): Promise<string> {
  const request = get(url, { agent: false })
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  const body = await text(answer)
  if (answer.statusCode !== 200) throw new Error(`GET ${url}: ${answer.statusCode} ${body}`)
  return body
}
