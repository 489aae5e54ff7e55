import { describe, expect, it } from 'vitest'
import { watchMetered } from './metered.ts'

class FakeConnection extends EventTarget {
  saveData = false
  type = 'wifi'

  become(change: Partial<Pick<FakeConnection, 'saveData' | 'type'>>): void {
    Object.assign(this, change)
    this.dispatchEvent(new Event('change'))
  }
}

function watch(connection: unknown) {
  const told: boolean[] = []
  const end = new AbortController()
  const supported = watchMetered(connection, (metered) => told.push(metered), end.signal)
  return { told, supported, end }
}

describe('a metered connection', () => {
  it('is mobile data, or a browser that saves data, from the first moment and at every change', () => {
    const connection = new FakeConnection()
    const { told, supported } = watch(connection)
    connection.become({ type: 'cellular' })
    connection.become({ type: 'wifi', saveData: true })
    connection.become({ saveData: false })
    expect(supported).toBe(true)
    expect(told).toEqual([false, true, true, false])
  })

  it('is listened to no longer than asked', () => {
    const connection = new FakeConnection()
    const { told, end } = watch(connection)
    end.abort()
    connection.become({ type: 'cellular' })
    expect(told).toEqual([false])
  })

  it('is not made up where the browser does not tell', () => {
    for (const connection of [undefined, {}, new EventTarget()]) {
      expect(watch(connection)).toMatchObject({ supported: false, told: [] })
    }
  })
})
