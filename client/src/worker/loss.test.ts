import { describe, expect, it } from 'vitest'
import { Loss } from './loss.ts'

function scene() {
  let lose = (_reason: string): void => {}
  const lost = new Promise<string>((resolve) => (lose = resolve))
  return { loss: new Loss(lost), lose: (reason: string) => lose(reason) }
}

describe('a loss', () => {
  it('does not keep those whose step has ended, well or badly', async () => {
    const { loss } = scene()
    for (let step = 0; step < 100; step++)
      expect(await loss.first(Promise.resolve(step))).toBe(step)
    await expect(loss.first(Promise.reject(new Error('bad step')))).rejects.toThrow('bad step')
    expect(loss.waiting).toBe(0)
  })

  it('ends the steps under way and those that begin later', async () => {
    const { loss, lose } = scene()
    const never = new Promise<number>(() => {})
    const under = loss.first(never)
    expect(loss.waiting).toBe(1)
    lose('unplugged')
    expect(await under).toBe('unplugged')
    expect(await loss.first(never)).toBe('unplugged')
    expect(loss.waiting).toBe(0)
  })
})
