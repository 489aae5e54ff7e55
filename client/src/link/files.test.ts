import { describe, expect, it } from 'vitest'
import { sha256Hex } from '@quorate/shared/bytes/sha256'
import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { HttpFiles } from './files.ts'

const bytes = new Uint8Array([1, 2, 3, 4])
const digest = sha256Hex(bytes)
const never = new AbortController().signal

/** Answers the n-th request with the n-th of `answers`, the last one for ever. */
function serving(...answers: ((init: RequestInit) => Promise<Response> | Response)[]) {
  const clock = new VirtualClock()
  const requests: RequestInit[] = []
  const fetch = async (_url: unknown, init: RequestInit = {}) => {
    requests.push(init)
    const answer = answers[Math.min(requests.length, answers.length) - 1]
    if (!answer) throw new Error('no answer')
    return answer(init)
  }
  const files = new HttpFiles({ fetch, clock, random: () => 1 })
  return { clock, requests, files }
}

/** Lets virtual and real time pass until `promise` has settled. */
async function settled<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let waiting = true
  const done = () => {
    waiting = false
  }
  promise.then(done, done)
  while (waiting) {
    await clock.advance(1000)
    await new Promise((resolve) => setTimeout(resolve)) // streams and hashes need real turns
  }
  return promise
}

const good = () => new Response(bytes)
const down = () => Promise.reject(new TypeError('fetch failed'))
const silent = (init: RequestInit) =>
  new Promise<Response>((_, reject) => {
    init.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error))
  })

describe('files', () => {
  it('returns the bytes whose digest is right', async () => {
    const { clock, files, requests } = serving(good)
    const fetched = await settled(clock, files.fetch('/a', { digest, signal: never }))
    expect(fetched).toEqual(bytes)
    expect(files.bytesReceived).toBe(4)
    expect(requests).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('tries again after failures, past the cache', async () => {
    const damaged = () => new Response(new Uint8Array([9, 9]))
    const busy = () => new Response('', { status: 503 })
    const { clock, files, requests } = serving(down, busy, damaged, silent, good)
    const fetched = await settled(clock, files.fetch('/a', { digest, signal: never }))
    expect(fetched).toEqual(bytes)
    expect(requests.map(({ cache }) => cache)).toEqual([
      'default',
      'reload',
      'reload',
      'reload',
      'reload',
    ])
    expect(clock.nowMs()).toBeGreaterThanOrEqual(500 + 1000 + 2000 + 20_000 + 4000)
    expect(clock.pending).toBe(0)
  })

  it.each([
    ['FILE_NOT_FOUND', () => new Response('', { status: 404 }), 1],
    ['FILE_UNREACHABLE', () => new Response('', { status: 500 }), 5],
    ['FILE_UNREACHABLE', down, 5],
    ['FILE_UNREACHABLE', silent, 5],
    ['FILE_DAMAGED', () => new Response(new Uint8Array(4)), 5],
  ])('rejects with %s, having tried as often as makes sense', async (code, answer, tries) => {
    const { clock, files, requests } = serving(answer)
    const fetching = files.fetch('/a', { digest, signal: never })
    await expect(settled(clock, fetching)).rejects.toMatchObject({ code })
    expect(requests).toHaveLength(tries)
    expect(clock.pending).toBe(0)
  })

  it('stops at once when told to, in a request or between two', async () => {
    for (const answer of [silent, down]) {
      const { clock, files } = serving(answer)
      const controller = new AbortController()
      const fetching = files.fetch('/a', { signal: controller.signal })
      await clock.advance(1000)
      controller.abort(new Error('left'))
      await expect(fetching).rejects.toThrow('left')
      expect(clock.pending).toBe(0)
    }
  })
})
