import { describe, expect, it } from 'vitest'
import type { ToTimer } from '../worker/protocol.ts'
import { WorkerClock } from './worker-clock.ts'

class FakeWorker extends EventTarget {
  readonly received: ToTimer[] = []
  terminated = false

  postMessage(message: ToTimer): void {
    this.received.push(message)
  }

  terminate(): void {
    this.terminated = true
  }

  due(id: number): void {
    this.dispatchEvent(Object.assign(new Event('message'), { data: id }))
  }
}

function start() {
  const worker = new FakeWorker()
  return { worker, clock: new WorkerClock(worker as unknown as Worker) }
}

describe('worker clock', () => {
  it('runs a timer once when the worker says so', () => {
    const { worker, clock } = start()
    const ran: string[] = []
    clock.after(50, () => ran.push('a'))
    clock.after(-5, () => ran.push('b'))
    expect(worker.received).toEqual([
      { kind: 'after', id: 0, delayMs: 50 },
      { kind: 'after', id: 1, delayMs: 0 },
    ])
    expect(ran, 'never at once').toEqual([])
    for (const id of [1, 0, 0, 7]) worker.due(id)
    expect(ran).toEqual(['b', 'a'])
  })

  it('does not run a cancelled timer, even one that is under way', () => {
    const { worker, clock } = start()
    const cancel = clock.after(50, () => expect.unreachable())
    cancel()
    cancel()
    worker.due(0)
    expect(worker.received.slice(1)).toEqual([{ kind: 'cancel', id: 0 }])
  })

  it("goes on with the page's timers when the worker fails", async () => {
    const { worker, clock } = start()
    const before = new Promise<void>((resolve) => clock.after(5, resolve))
    clock.after(5, () => expect.unreachable())()
    worker.dispatchEvent(new Event('error'))
    const after = new Promise<void>((resolve) => clock.after(5, resolve))
    await Promise.all([before, after])
  })

  it('is silent once closed', () => {
    const { worker, clock } = start()
    clock.after(5, () => expect.unreachable())
    clock.close()
    worker.due(0)
    expect(worker.terminated).toBe(true)
  })
})
