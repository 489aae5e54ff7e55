/** What lies between the last tally of a round and its verdict, and what travels with that. */
import type { LinkEvent } from '@quorate/client/session/ports'
import { kindOfFrame, splitFrames } from '@quorate/shared/wire/frame'
import { decodeTurn } from '@quorate/shared/wire/turn'
import { describe, expect, test } from 'vitest'
import { replicas, smallRun } from './checks.ts'
import type { Volunteer } from './world.ts'
import { World } from './world.ts'

/** Everything that a round may bring with it, at once: no rest, evaluated every round. */
const busyRun = { ...smallRun, minRoundMs: 0, evaluateEvery: 1 }

/** Calls `note` with the name of each method of `of` that is called, before it is. */
function watch(of: object, note: (name: string) => void): void {
  const methods = of as Record<string, unknown>
  for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(of))) {
    const method = methods[name]
    if (name === 'constructor' || typeof method !== 'function') continue
    methods[name] = (...args: unknown[]) => {
      note(name)
      return Reflect.apply(method, of, args) as unknown
    }
  }
}

/** A run of three; `log` has what the coordinator did, in order. */
async function watched(seed: number, settings = busyRun) {
  const log: string[] = []
  const world = new World(seed, {
    ledgers: (memory) => ({
      delete: (id) => memory.delete(id),
      open: async (id) => {
        const inner = await memory.open(id)
        const { append } = inner
        inner.append = async (entry) => {
          log.push(`append ${entry.round}`)
          await append.call(inner, entry)
          log.push('appended')
        }
        return inner
      },
    }),
  })
  watch(world.store, (name) => log.push(`store.${name}`))
  watch(world.blobs, (name) => log.push(`blobs.${name}`))
  const { evaluate } = world.data
  world.data.evaluate = (...args) => {
    log.push('evaluate')
    return evaluate(...args)
  }
  const training = await world.boot()
  const accept = training.accept.bind(training)
  training.accept = (connection) => {
    const sendTurn = connection.sendTurn.bind(connection)
    connection.sendTurn = (shared, own) => {
      log.push(shared ? 'verdict' : 'own')
      sendTurn(shared, own)
    }
    const send = connection.send.bind(connection)
    connection.send = (text) => {
      log.push(`send ${(JSON.parse(text) as { type: string }).type}`)
      send(text)
    }
    const socket = accept(connection)
    return {
      get mostBytes() {
        return socket.mostBytes
      },
      tooLarge: () => socket.tooLarge(),
      closed: (clean) => socket.closed(clean),
      text: (text) => socket.text(text),
      frame(bytes) {
        log.push('frame')
        socket.frame(bytes)
      },
    }
  }
  const run = await world.run(settings)
  for (let n = 0; n < 3; n++) world.join(run)
  return { world, run, log }
}

describe('between the last tally and the broadcast', () => {
  test('lies one append to the ledger and nothing else, whatever the round brings with it', async () => {
    const { world, run, log } = await watched(81)
    await world.reach(run, 201)
    const paths = log.flatMap((entry, at) => {
      if (!entry.startsWith('append ')) return []
      const last = log.lastIndexOf('frame', at)
      return [
        { round: Number(entry.slice(7)), path: log.slice(last + 1, log.indexOf('verdict', at)) },
      ]
    })
    // The opening phase's entry comes first, after no frame at all.
    expect(paths).toHaveLength(202)
    for (const { round, path } of paths.slice(1)) {
      expect(path, `round ${round}`).toEqual([`append ${round}`, 'appended'])
    }
    const verdicts = log.filter((entry) => entry === 'verdict').length
    expect(verdicts, 'one message each, a round').toBe(3 * 202)
    // Digests, checkpoints, figures and evaluations were all made, behind.
    for (const entry of ['blobs.put', 'store.insertCheckpoint', 'store.appendRounds', 'evaluate']) {
      expect(log).toContain(entry)
    }
    const [digest, ...others] = await replicas(world, run)
    expect(others).toEqual([])
    expect(digest).toBeDefined()
  })
})

/** By message that the link brings from now on: kinds of frames, and what a turn holds. */
function overheard(volunteer: Volunteer, run = 1): string[] {
  const heard: string[] = []
  volunteer.link.overhear((event: LinkEvent) => {
    if (event.kind !== 'frame') return
    const parts = [...splitFrames(event.frame)].map((frame) => {
      if (kindOfFrame(frame) !== 'turn') return kindOfFrame(frame)
      const { settled, opening } = decodeTurn(frame, run)
      return [settled && 'settled', opening && 'opening'].filter(Boolean).join(' and ')
    })
    heard.push(parts.join(', '))
  })
  return heard
}

describe('between two rounds', () => {
  test('verdict, settlement and the next opening come in one message', async () => {
    const { world, run } = await watched(82)
    await world.reach(run, 5)
    const heard = overheard(world.volunteers[0] as Volunteer)
    await world.reach(run, 30)
    expect(new Set(heard)).toEqual(new Set(['verdict, settled and opening']))
    expect(heard.length).toBeGreaterThanOrEqual(24)
  })

  test('a run with a shortest round time opens by a message of its own', async () => {
    const { world, run } = await watched(83, { ...busyRun, minRoundMs: 500 })
    await world.reach(run, 5)
    const heard = overheard(world.volunteers[0] as Volunteer)
    await world.reach(run, 15)
    expect(new Set(heard)).toEqual(new Set(['verdict, settled', 'opening']))
  })

  test('the first units come with the first opening; who joins later has an opening alone', async () => {
    const { world, run } = await watched(84)
    const first = overheard(world.volunteers[0] as Volunteer)
    await world.reach(run, 3)
    expect(first[0]).toBe('verdict, opening')
    const late = overheard(world.join(run))
    await world.clock.until(() => late.includes('verdict, opening'), 10_000)
    const next = late.indexOf('verdict, opening') + 1
    await world.clock.until(() => late.length > next, 10_000)
    expect(late[next]).toBe('verdict, settled and opening')
  })

  test('the last verdict has no opening with it, and nobody opens what was stopped', async () => {
    const { world, run } = await watched(85, { ...busyRun, rounds: 12 })
    const heard = overheard(world.volunteers[0] as Volunteer)
    await world.clock.until(() => world.training?.run(run).state.kind === 'finished', 60_000)
    await world.clock.advance(1000)
    expect(heard.at(-1)).toBe('verdict, settled')
    expect(world.training?.run(run).round).toBe(12)
  })

  test('who leaves after its round does not begin the one that came with the verdict', async () => {
    const { world, run } = await watched(86)
    await world.reach(run, 10)
    const leaver = world.volunteers[0] as Volunteer
    leaver.session.stopAfterRound()
    const counted = leaver.view.roundsCounted
    const { slicesCast } = leaver.view
    await world.clock.until(() => leaver.view.status.kind === 'stopped', 10_000)
    expect(leaver.view.roundsCounted).toBe(counted + 1)
    expect(leaver.view.slicesCast - slicesCast).toBeLessThanOrEqual(3)
    const startMs = world.clock.nowMs()
    const round = world.training?.run(run).round ?? 0
    await world.reach(run, round + 5)
    expect(world.clock.nowMs() - startMs, 'nobody waits for it').toBeLessThan(1500)
  })

  test('what was settled is said alone where the operator pauses', async () => {
    const { world, run } = await watched(87)
    await world.reach(run, 5)
    const heard = overheard(world.volunteers[0] as Volunteer)
    await world.training?.pause(run)
    await world.clock.advance(500)
    expect(heard.at(-1)).toBe('settled')
    await world.training?.resume(run)
    await world.clock.advance(500)
    expect(heard).toContain('opening')
    expect(await replicas(world, run)).toHaveLength(1)
  })
})
