import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { describe, expect, test } from 'vitest'
import { ChunkLoader } from './chunk-loader.ts'

const ref = (digest: string) => ({ digest, records: 1, sizeBytes: 1 })
const lease = (version: number, ...shards: string[][]) => ({
  type: 'lease' as const,
  version,
  expiresInMs: 60_000,
  parts: shards.map((chunks, shard) => ({ shard, fraction: 1, chunks: chunks.map(ref) })),
})

/** Downloads take `delayMs`; what the trainer holds and what was reported can be seen. */
function scene(delayMs = 10) {
  const clock = new VirtualClock()
  const trainer = new Set<string>()
  const reports: [number, readonly string[]][] = []
  const missing = new Set<string>()
  const wait = () => new Promise<void>((resolve) => clock.after(delayMs, resolve))
  const loader = new ChunkLoader({
    clock,
    files: {
      fetch: async (_, { digest = '' }) => {
        await wait()
        if (missing.has(digest)) throw new Error(`no ${digest}`)
        return new Uint8Array(1)
      },
    },
    trainer: {
      addChunk: async (digest) => {
        trainer.add(digest)
        await wait()
      },
      keepChunks: async (digests) => {
        for (const held of trainer) if (!digests.includes(held)) trainer.delete(held)
        await wait()
      },
    },
    report: (sequence, chunks) => reports.push([sequence, chunks]) > 0,
    progress: () => {},
    failed: () => {},
  })
  loader.reconnected()
  return { clock, loader, trainer, reports, missing }
}

describe('chunks', () => {
  test('the first of every shard come first, and are reported before the rest', async () => {
    const { clock, loader, reports } = scene()
    void loader.follow(lease(1, ['a1', 'a2', 'a3'], ['b1', 'b2', 'b3']))
    await clock.advance(1000)
    expect(reports).toEqual([
      [1, ['a1', 'b1']],
      [2, ['a2', 'b2', 'a3', 'b3']],
    ])
    expect(loader.drawsAt(1).map(({ chunks }) => chunks)).toEqual([['a1'], ['b1']])
    expect(loader.drawsAt(0)).toEqual([])
  })

  test('what is reported is what the trainer holds, whenever a newer lease comes', async () => {
    for (let atMs = 0; atMs < 60; atMs++) {
      const { clock, loader, trainer, reports } = scene()
      void loader.follow(lease(1, ['a1', 'a2'], ['b1', 'b2']))
      await clock.advance(atMs)
      void loader.follow(lease(2, ['b2', 'b1']))
      await clock.advance(5)
      void loader.follow(lease(3, ['a1', 'a2', 'b1']))
      await clock.advance(1000)
      const reported = reports.flatMap(([, chunks]) => chunks)
      for (const chunk of ['a1', 'a2', 'b1']) expect(reported, `at ${atMs}`).toContain(chunk)
      expect([...trainer].sort(), `at ${atMs}`).toEqual(['a1', 'a2', 'b1'])
      expect(loader.drawsAt(99)[0]?.chunks).toEqual(['a1', 'a2', 'b1'])
    }
  })

  test('nothing is reported between a connection and its welcome', async () => {
    const { clock, loader, reports } = scene()
    void loader.follow(lease(1, ['a1', 'a2', 'a3']))
    loader.disconnected()
    await clock.advance(1000)
    expect(reports).toEqual([])
    loader.reconnected()
    void loader.follow(lease(1, ['a1', 'a2', 'a3']))
    await clock.advance(1000)
    expect(reports).toEqual([[1, ['a1', 'a2', 'a3']]])
  })

  test('a chunk that could not be had is asked for again, and closing ends that', async () => {
    const { clock, loader, missing, reports } = scene()
    missing.add('a2')
    void loader.follow(lease(1, ['a1', 'a2']))
    await clock.advance(1000)
    expect(loader.startable).toBe(true)
    missing.clear()
    await clock.advance(6000)
    expect(reports.at(-1)).toEqual([2, ['a2']])
    missing.add('b1')
    void loader.follow(lease(2, ['b1']))
    await clock.advance(1000)
    loader.close()
    expect(clock.pending).toBe(0)
  })
})
