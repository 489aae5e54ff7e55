import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { generator } from '@quorate/shared/random/generator'
import type { Coordinator } from '../fixtures/coordinator.ts'
import { inRoot } from '../fixtures/root.ts'
import { smallRun } from '../fixtures/settings.ts'
import { expect, test } from '../fixtures/test.ts'
import { until } from '../fixtures/until.ts'

const KILLS = 6

/** All verdicts since the first round. */
async function verdicts(coordinator: Coordinator, run: string): Promise<Buffer> {
  const answer = await fetch(`${coordinator.url}/api/runs/${run}/ledger?from=0`)
  expect(answer.ok).toBe(true)
  return Buffer.from(await answer.arrayBuffer())
}

/** `npm run backup` or `npm run restore`: its exit code and what it said. */
async function command(...args: string[]): Promise<{ code: number; said: string }> {
  const child = spawn(process.execPath, [inRoot('scripts', 'start.mjs'), ...args], {
    cwd: inRoot(),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const read = (data: Buffer) => (said += data.toString())
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  const [code] = (await once(child, 'close')) as [number]
  return { code, said }
}

async function agree(coordinator: Coordinator, run: string, since: number): Promise<void> {
  await until('digests agree', async () => {
    const now = await coordinator.contributors(run)
    const ready = now.filter(({ status }) => status === 'ready')
    return (
      ready.length > 0 &&
      ready.every(({ lastDigest }) => lastDigest?.agrees && lastDigest.round > since)
    )
  })
}

test('killed with SIGKILL again and again: every verdict that was told stays as it was', async ({
  start,
  keep,
  join,
}) => {
  const random = generator(4, 1)
  let coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun(smallRun)
  await join(`${coordinator.url}/run/${run.id}`, { backend: 'wasm' })
  for (let kill = 0; kill < KILLS; kill++) {
    const { round } = await coordinator.run(run.id)
    const next = round + 20 + random.below(60)
    await until(`round ${next}`, async () => (await coordinator.run(run.id)).round >= next, 60_000)
    const told = await verdicts(coordinator, run.id)
    await new Promise((resolve) => setTimeout(resolve, random.below(40)))
    await coordinator.kill()
    coordinator = keep(await coordinator.startAgain())
    const after = await verdicts(coordinator, run.id)
    expect(after.subarray(0, told.length).equals(told), `kill ${kill}`).toBe(true)
  }
  const { round } = await coordinator.run(run.id)
  expect(round).toBeGreaterThan(KILLS * 20)
  await agree(coordinator, run.id, round)
  const events = await coordinator.events(run.id)
  expect(events.filter(({ level }) => level === 'error')).toEqual([])
})

test('a backup taken while it trains is restored to a coordinator that goes on', async ({
  start,
  join,
}) => {
  const first = await start({ flags: ['--no-demo'] })
  const run = await first.startRun(smallRun)
  await join(`${first.url}/run/${run.id}`, { backend: 'wasm' })
  await until('round 120', async () => (await first.run(run.id)).round >= 120, 60_000)
  const folder = await mkdtemp(joinPath(tmpdir(), 'quorate-backup-'))
  const [backup, data] = [joinPath(folder, 'backup'), joinPath(folder, 'data')]
  const before = (await first.run(run.id)).round
  const taken = await command('backup', backup, '--data', first.dataFolder)
  expect(taken, taken.said).toMatchObject({ code: 0 })
  expect((await first.run(run.id)).round, 'it trained meanwhile').toBeGreaterThan(before)
  const again = await command('backup', backup, '--data', first.dataFolder)
  expect(again.code).toBe(1)
  expect(again.said).toContain('BACKUP_TARGET')
  const occupied = await command('restore', backup, '--data', first.dataFolder)
  expect(occupied.said).toContain('nothing is written over')
  const restored = await command('restore', backup, '--data', data)
  expect(restored, restored.said).toMatchObject({ code: 0 })

  const second = await start({ dataFolder: data, flags: ['--no-demo'] })
  const { round } = await second.run(run.id)
  expect(round).toBeGreaterThanOrEqual(before)
  const kept = await verdicts(second, run.id)
  expect((await verdicts(first, run.id)).subarray(0, kept.length).equals(kept)).toBe(true)
  await join(`${second.url}/run/${run.id}`, { backend: 'wasm' })
  const next = round + 30
  await until('thirty rounds', async () => (await second.run(run.id)).round >= next, 60_000)
  await agree(second, run.id, next)
  await second.stop()
  await rm(folder, { recursive: true, force: true })
})
