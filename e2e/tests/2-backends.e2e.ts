import { chromium } from '@playwright/test'
import { expect, test } from '../fixtures/test.ts'
import { smallRun } from '../fixtures/settings.ts'
import { until } from '../fixtures/until.ts'

test('WebGPU, wasm and cpu in one run: equal digests after 20 rounds', async ({
  start,
  join,
}, info) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun({
    ...smallRun,
    model: { kind: 'mlp', hidden: [8] },
    batch: 8,
    minVoters: 3,
  })
  const url = `${coordinator.url}/run/${run.id}`
  const options = info.project.use.launchOptions ?? {}
  const gpu = await chromium.launch({
    ...options,
    args: [...(options.args ?? []), '--enable-unsafe-webgpu'],
  })
  try {
    const volunteers = [
      await join(url, { backend: 'webgpu' }, gpu),
      await join(url, { backend: 'wasm' }),
      await join(url, { backend: 'cpu' }),
    ]
    await until('round 30', async () => (await coordinator.run(run.id)).round >= 30, 150_000)
    const people = await coordinator.contributors(run.id)
    expect(people.map((one) => one.backend).sort()).toEqual(['cpu', 'wasm', 'webgpu'])
    await until('all three report a digest that agrees, at round 20 or later', async () => {
      const all = await coordinator.contributors(run.id)
      return all.every((one) => one.lastDigest?.agrees && one.lastDigest.round >= 20)
    })
    for (const volunteer of volunteers) {
      expect((await volunteer.digest())?.digest).toMatch(/^[0-9a-f]{64}$/)
    }
  } finally {
    await gpu.close()
  }
})

test('LeNet-5 trains a few rounds on WebGPU at a tiny batch', async ({ start, join }, info) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun({
    ...smallRun,
    model: { kind: 'lenet5' },
    batch: 2,
    shards: 100,
    partition: { kind: 'iid' },
    evaluateEvery: 1000,
  })
  const options = info.project.use.launchOptions ?? {}
  const gpu = await chromium.launch({
    ...options,
    args: [...(options.args ?? []), '--enable-unsafe-webgpu'],
  })
  try {
    await join(`${coordinator.url}/run/${run.id}`, { backend: 'webgpu' }, gpu)
    await until('round 3', async () => (await coordinator.run(run.id)).round >= 3, 150_000)
    const [one] = await coordinator.contributors(run.id)
    expect(one?.backend).toBe('webgpu')
  } finally {
    await gpu.close()
  }
})
