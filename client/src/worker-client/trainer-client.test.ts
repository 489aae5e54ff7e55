import { describe, expect, it } from 'vitest'
import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import type { FromWorker, ToWorker } from '../worker/protocol.ts'
import { TrainerClient } from './trainer-client.ts'

/** A worker whose other side is the test. */
class FakeWorker extends EventTarget {
  readonly received: ToWorker[] = []
  terminated = false

  postMessage(message: ToWorker, { transfer }: { transfer: Transferable[] }): void {
    this.received.push(structuredClone(message, { transfer }))
  }

  terminate(): void {
    this.terminated = true
  }

  answer(message: FromWorker): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data: message }))
  }
}

function start() {
  const clock = new VirtualClock()
  const worker = new FakeWorker()
  const client = new TrainerClient({ clock, forced: 'cpu', worker: worker as unknown as Worker })
  return { clock, worker, client }
}

describe('trainer client', () => {
  it('starts the worker, then answers each call with its own result', async () => {
    const { clock, worker, client } = start()
    const calls = [client.digest(), client.keepChunks(['a']), client.digest()]
    expect(worker.received).toEqual([
      { kind: 'start', forced: 'cpu' },
      { kind: 'call', id: 0, call: { method: 'digest', args: [] } },
      { kind: 'call', id: 1, call: { method: 'keepChunks', args: [['a']] } },
      { kind: 'call', id: 2, call: { method: 'digest', args: [] } },
    ])
    for (const id of [2, 0, 1]) worker.answer({ kind: 'result', id, value: `answer ${id}` })
    expect(await Promise.all(calls)).toEqual(['answer 0', 'answer 1', 'answer 2'])
    expect(clock.pending).toBe(0)
  })

  it('hands an error on with its code', async () => {
    const { worker, client } = start()
    const applying = client.applyVerdict(new Uint8Array(3))
    worker.answer({ kind: 'error', id: 0, code: 'LEDGER_GAP', message: 'gap' })
    await expect(applying).rejects.toMatchObject({ code: 'LEDGER_GAP', message: 'gap' })
  })

  it('leaves the caller its bytes, and sends no more of a buffer than its view', () => {
    const { worker, client } = start()
    const whole = Uint8Array.from({ length: 1000 }, (_, i) => i)
    void client.applyVerdict(whole.subarray(10, 12))
    expect(whole.byteLength).toBe(1000)
    const sent = worker.received.at(-1)
    const [frame] = sent?.kind === 'call' ? sent.call.args : []
    expect(frame).toEqual(Uint8Array.of(10, 11))
    expect((frame as Uint8Array).buffer.byteLength).toBe(2)
  })

  it.each([
    ['crashes', (worker: FakeWorker) => worker.dispatchEvent(new Event('error'))],
    [
      'says what cannot be read',
      (worker: FakeWorker) => worker.dispatchEvent(new Event('messageerror')),
    ],
  ])('rejects all calls, and later ones, when the worker %s', async (_, happen) => {
    const { clock, worker, client } = start()
    const calls = [client.digest(), client.parameters()]
    happen(worker)
    for (const call of calls) await expect(call).rejects.toMatchObject({ code: 'WORKER_FAILED' })
    await expect(client.digest()).rejects.toMatchObject({ code: 'WORKER_FAILED' })
    expect(worker.terminated).toBe(true)
    expect(clock.pending).toBe(0)
  })

  it('gives up a worker that does not answer', async () => {
    const { clock, worker, client } = start()
    const call = client.digest()
    call.catch(() => {})
    await clock.advance(180_000)
    await expect(call).rejects.toMatchObject({ code: 'WORKER_FAILED' })
    expect(worker.terminated).toBe(true)
    worker.answer({ kind: 'result', id: 0, value: null })
  })

  it('ends the worker on close', async () => {
    const { clock, worker, client } = start()
    const call = client.digest()
    client.close()
    await expect(call).rejects.toMatchObject({ code: 'WORKER_FAILED' })
    expect(worker.terminated).toBe(true)
    expect(clock.pending).toBe(0)
  })
})
