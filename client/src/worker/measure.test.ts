import { describe, expect, it } from 'vitest'
import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import type { Bench, TrainingBackend } from './measure.ts'
import { fastestBackend } from './measure.ts'

interface Machine {
  /** Milliseconds of the first step, of every step, and of a step for every record. */
  readonly compileMs?: number
  readonly stepMs?: number
  readonly recordMs?: number
  readonly obstacle?: string
  readonly fails?: Error
  readonly hangs?: boolean
}

const batch = 32

/** A bench on which time passes only in steps. */
function bench(machines: Partial<Record<TrainingBackend, Machine>>) {
  const clock = new VirtualClock()
  const log: string[] = []
  let nowMs = 0
  let used: TrainingBackend = 'cpu'
  const compiled = new Set<string>()
  const made: Bench = {
    open: async (name, forced) => {
      log.push(forced ? `open ${name} by force` : `open ${name}`)
      used = name
      return machines[name] ? (machines[name].obstacle ?? null) : 'not here'
    },
    step: async (records) => {
      const { compileMs = 0, stepMs = 0, recordMs = 0, fails, hangs } = machines[used] ?? {}
      if (fails) throw fails
      if (hangs) return new Promise(() => {})
      if (!compiled.has(used)) nowMs += compileMs
      compiled.add(used)
      nowMs += stepMs + recordMs * records
    },
    drop: (name) => log.push(`drop ${name}`),
  }
  const choose = async (forced: TrainingBackend | null = null) => {
    const choice = fastestBackend(made, { clock, nowMs: () => nowMs, batch, forced })
    choice.catch(() => {})
    for (let deadline = 0; deadline < 4; deadline++) {
      // Many steps, and so many turns, may lie between two deadlines.
      for (let turns = 0; turns < 20; turns++) await clock.advance(0)
      await clock.advance(20_000)
    }
    expect(clock.pending).toBe(0)
    return choice
  }
  return { choose, log, elapsedMs: () => nowMs }
}

describe('backend by measurement', () => {
  it('takes the fastest and says why, leaving only that one open', async () => {
    const { choose, log } = bench({
      webgpu: { obstacle: 'only emulated in software here' },
      webgl: { recordMs: 75 / batch },
      wasm: { recordMs: 0.5 },
      cpu: { recordMs: 90 / batch },
    })
    expect(await choose()).toEqual({
      backend: 'wasm',
      stepMs: { wasm: 16, webgl: 75, cpu: 90 },
      why: 'wasm: 16 ms a step; WebGL took 75 ms, CPU took 90 ms; WebGPU: only emulated in software here',
    })
    expect(log.filter((line) => line.startsWith('drop'))).toEqual([
      'drop webgpu',
      'drop webgl',
      'drop cpu',
    ])
    expect(log.at(-1)).toBe('open wasm')
  })

  it('does not open the last one tried again', async () => {
    const { choose, log } = bench({ cpu: { recordMs: 1 } })
    expect((await choose()).backend).toBe('cpu')
    expect(log.filter((line) => line === 'open cpu')).toHaveLength(1)
  })

  it('estimates what would take too long from a part of it', async () => {
    const { choose, elapsedMs } = bench({
      webgpu: { compileMs: 1000, recordMs: 20 },
      cpu: { recordMs: 300 },
    })
    expect(await choose()).toMatchObject({
      backend: 'webgpu',
      stepMs: { webgpu: 20 * batch, cpu: 300 * batch },
    })
    // Compiling, warming up, and a second for each of the two.
    expect(elapsedMs()).toBeLessThan(1000 + 20 + 300 + 2000)
  })

  it('does not mistake the cost of a step for the cost of its records', async () => {
    const { choose } = bench({ webgpu: { stepMs: 40, recordMs: 0.1 }, cpu: { recordMs: 2 } })
    expect(await choose()).toMatchObject({ backend: 'webgpu', stepMs: { webgpu: 43.2, cpu: 64 } })
  })

  it('goes on to the next when one fails or hangs', async () => {
    const { choose } = bench({
      webgpu: { hangs: true },
      wasm: { fails: new Error('no kernel') },
      webgl: { recordMs: 1 },
    })
    const { backend, why } = await choose()
    expect(backend).toBe('webgl')
    expect(why).toBe(
      'WebGL: 32 ms a step; WebGPU: it does not answer; wasm: no kernel; CPU: not here',
    )
  })

  it('rejects with NO_BACKEND when nothing works', async () => {
    await expect(bench({}).choose()).rejects.toMatchObject({
      code: 'NO_BACKEND',
      message: 'WebGPU: not here; wasm: not here; WebGL: not here; CPU: not here',
    })
  })

  it('tries only a forced one', async () => {
    const { choose, log } = bench({ cpu: { recordMs: 1 }, wasm: { obstacle: 'no convolutions' } })
    expect(await choose('cpu')).toMatchObject({
      backend: 'cpu',
      why: 'CPU, as asked for: 32 ms a step',
    })
    expect(log).toEqual(['open cpu by force'])
    await expect(choose('wasm')).rejects.toMatchObject({ code: 'BACKEND_CANNOT_TRAIN' })
  })
})
