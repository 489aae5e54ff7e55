import { expect, test } from 'vitest'
import { demoSettings, keptSettings, runSettings } from './settings.ts'

test('a new run may warm up for all of its rounds and no longer; one that exists is read all the same', () => {
  const warm = (warmUpRounds: number) => ({ ...demoSettings, rounds: 10, warmUpRounds })
  expect(runSettings.safeParse(warm(10)).success).toBe(true)
  const refused = runSettings.safeParse(warm(11))
  expect(refused.error?.issues.map(({ path }) => path)).toEqual([['warmUpRounds']])
  expect(keptSettings.parse(warm(11)).warmUpRounds).toBe(11)
})
