import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import { encodeFrame, WHOLE } from '@quorate/shared/wire/frame'
import { describe, expect, test } from 'vitest'
import { catchUp, DownloadError } from './catch-up.ts'
import type { Files, RunInfo, Trainer } from './ports.ts'

const settings = runSettings.parse(demoSettings)
const run: RunInfo = { id: 'r', number: 1, settings, input: [1, 1, 1], classes: 2, d: 8 }
const checkpoint = { round: 100, digest: 'f'.repeat(64), url: '/checkpoint' }
const verdict = (round: number) =>
  encodeFrame({ kind: 'verdict', run: 1, round, attempt: round, slice: WHOLE }, Uint8Array.of(1))

/** A coordinator that has decided `decided` rounds and answers `atOnce` frames at a time. */
function scene(decided: number, atOnce = 1000) {
  const asked: string[] = []
  let round = 0
  const files: Files = {
    fetch: async (url) => {
      asked.push(url)
      if (url === checkpoint.url) return new Uint8Array(10)
      const from = Number(url.split('=')[1])
      const count = Math.max(0, Math.min(decided - from, atOnce))
      return new Uint8Array(
        Buffer.concat(Array.from({ length: count }, (_, n) => verdict(from + n))),
      )
    },
  }
  const trainer = {
    loadCheckpoint: async () => ({ round: (round = checkpoint.round), digest: '' }),
    applyVerdict: async () => ({ round: ++round }),
  } as unknown as Trainer
  const go = (from: number | null, fetch = files.fetch) => {
    round = from ?? 0
    return catchUp(
      { run, round: decided, checkpoint, from },
      {
        files: { fetch },
        trainer,
        signal: new AbortController().signal,
        took: () => {},
        downloaded: () => {},
        progress: () => {},
      },
    )
  }
  return { asked, go, at: () => round, fetch: files.fetch }
}

describe('catching up', () => {
  test('without a replica: the checkpoint, then the ledger since', async () => {
    const { asked, go, at } = scene(130)
    await go(null)
    expect(asked).toEqual(['/checkpoint', '/api/runs/r/ledger?from=100'])
    expect(at()).toBe(130)
  })

  test('verdicts that are not kept any more: the checkpoint instead', async () => {
    const { asked, go, at, fetch } = scene(130)
    await go(90, async (url, options) => {
      if (!url.endsWith('=90')) return fetch(url, options)
      throw Object.assign(new Error('HTTP 410'), { code: 'FILE_NOT_FOUND' })
    })
    expect(asked).toEqual(['/checkpoint', '/api/runs/r/ledger?from=100'])
    expect(at()).toBe(130)
  })

  test('after a short absence: the missed verdicts alone', async () => {
    const { asked, go, at } = scene(130)
    await go(90)
    expect(asked).toEqual(['/api/runs/r/ledger?from=90'])
    expect(at()).toBe(130)
  })

  test('where the missed verdicts weigh more than a checkpoint: the checkpoint', async () => {
    const { asked, go } = scene(130)
    await go(130 - 32 - 30 - 1)
    expect(asked[0]).toBe('/checkpoint')
  })

  test('a ledger in parts is asked for to its end', async () => {
    const { asked, go, at } = scene(130, 7)
    await go(null)
    expect(asked).toHaveLength(1 + 5)
    expect(at()).toBe(130)
  })

  test('a ledger that ends too early is not asked for ever', async () => {
    const { asked, go } = scene(0)
    await go(0)
    expect(asked).toHaveLength(1)
  })

  test('a file that cannot be had is told apart from a replica that is not to be trusted', async () => {
    const { go } = scene(130)
    const away = async () => {
      throw Object.assign(new Error('no answer'), { code: 'FILE_UNREACHABLE' })
    }
    const failed = go(90, away)
    await expect(failed).rejects.toBeInstanceOf(DownloadError)
    await expect(failed).rejects.toMatchObject({ code: 'FILE_UNREACHABLE' })
  })
})
