/** Who may come in, how many of them, and how much they may say. */
import { describe, expect, test } from 'vitest'
import { eventCodes, smallRun } from './checks.ts'
import { World } from './world.ts'

const SECOND_MS = 1000

async function worldOf(seed: number, contributorsPerAddress?: number) {
  const world = new World(seed, contributorsPerAddress ? { contributorsPerAddress } : {})
  const run = await world.run({ ...smallRun, minRoundMs: 100 })
  return { world, run }
}

describe('an address', () => {
  test('has room for so many contributors at once, and for another one when one has left', async () => {
    const { world, run } = await worldOf(80, 2)
    const [first] = [world.join(run), world.join(run)]
    await world.reach(run, 5)
    const third = world.join(run)
    await world.clock.advance(5 * SECOND_MS)
    expect(third.view.me).toBeNull()
    expect(third.view.status.kind).not.toBe('failed')
    expect(third.view.trouble).toContain('TOO_MANY_FROM_ADDRESS')
    await first?.session.stop()
    await world.clock.until(() => third.view.roundsCounted > 2, 60 * SECOND_MS)
  })

  test('counts all runs together, and nobody twice who comes back', async () => {
    const { world, run } = await worldOf(81, 2)
    const other = await world.run({ ...smallRun, name: 'another' })
    const [one] = [world.join(run), world.join(other)]
    await world.reach(run, 5)
    for (let n = 0; n < 5; n++) {
      one?.link.cut()
      await world.clock.advance(3 * SECOND_MS)
    }
    expect(one?.view.status.kind).toBe('training')
    const third = world.join(other)
    await world.clock.advance(3 * SECOND_MS)
    expect(third.view.trouble).toContain('TOO_MANY_FROM_ADDRESS')
  })
})

describe('a contributor', () => {
  test('that sends bytes without end is sent away with a code, and the others train on', async () => {
    const { world, run } = await worldOf(82)
    const [bad, good] = [world.join(run), world.join(run)]
    await world.reach(run, 5)
    const text = JSON.stringify({ type: 'loaded', sequence: 0, chunks: ['f'.repeat(40_000)] })
    for (let n = 0; n < 60 && bad?.view.status.kind !== 'failed'; n++) bad?.link.sendGarbage(text)
    await world.clock.advance(SECOND_MS)
    expect(bad?.view.status).toMatchObject({ kind: 'failed' })
    const counted = good?.view.roundsCounted ?? 0
    await world.clock.advance(5 * SECOND_MS)
    expect(good?.view.roundsCounted).toBeGreaterThan(counted)
  })

  test('that comes back in a fraction of a second again and again is asked to wait', async () => {
    const { world, run } = await worldOf(83)
    const flaky = world.join(run)
    await world.reach(run, 2)
    const heard: string[] = []
    flaky.link.overhear((event) => {
      if (event.kind === 'message' && event.message.type === 'error') heard.push(event.message.code)
    })
    for (let n = 0; n < 60; n++) {
      flaky.link.cut()
      await world.clock.advance(580)
    }
    expect(heard).toContain('TOO_MANY_RETURNS')
    await world.clock.until(() => flaky.view.status.kind === 'training', 60 * SECOND_MS)
    expect(await eventCodes(world, run)).not.toContain('strike')
  })
})

describe('a run by invitation', () => {
  test('lets in who has the code, keeps who is in, and tells the others what to do', async () => {
    const { world, run } = await worldOf(84)
    const before = world.join(run)
    await world.reach(run, 3)
    const code = (await world.training?.setInvite(run, true)) ?? ''
    expect(world.training?.run(run).inviteOnly).toBe(true)
    const [invited, uninvited, wrong] = [
      world.join(run, { invite: code }),
      world.join(run),
      world.join(run, { invite: 'guessed' }),
    ]
    await world.clock.until(() => (invited?.view.roundsCounted ?? 0) > 2, 60 * SECOND_MS)
    expect(uninvited?.view.status).toMatchObject({ kind: 'failed', code: 'INVITE_NEEDED' })
    expect(wrong?.view.status).toMatchObject({ kind: 'failed', code: 'INVITE_WRONG' })

    before.link.cut()
    await world.clock.advance(5 * SECOND_MS)
    expect(before.view.status.kind, 'it has its token').toBe('training')

    await world.training?.setInvite(run, true)
    const late = world.join(run, { invite: code })
    await world.clock.advance(5 * SECOND_MS)
    expect(late.view.status, 'the code before is void').toMatchObject({ code: 'INVITE_WRONG' })
    await world.training?.setInvite(run, false)
    const anyone = world.join(run)
    await world.clock.until(() => anyone.view.roundsCounted > 2, 60 * SECOND_MS)
  })

  test('stays so after a restart, and when it is trained again', async () => {
    const { world, run } = await worldOf(85)
    const code = await world.training?.setInvite(run, true)
    await world.kill()
    await world.boot()
    expect(world.training?.invite(run)).toBe(code)
    await world.training?.stop(run)
    const again = await world.training?.again(run)
    expect(again?.inviteOnly).toBe(true)
    expect(world.training?.invite(again?.id ?? '')).toBe(code)
    expect(JSON.stringify(world.training?.runs())).not.toContain(code)
  })
})
