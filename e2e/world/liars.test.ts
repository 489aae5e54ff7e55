/** Every lie of the catalogue is told. */
import { describe, expect, test } from 'vitest'
import { ANSWERED_ALONE, drawScenario } from './draw-scenario.ts'
import { replayCommand } from './replay-command.ts'
import { runScenario } from './run-scenario.ts'
import { LIES } from './scenario.ts'

const SEED = 1002
const answered = LIES.filter((lie) => !ANSWERED_ALONE.has(lie))

describe('a liar', () => {
  test.each(answered)('that tells %s breaks nothing for the others', async (lie) => {
    const report = await runScenario(drawScenario(SEED, lie))
    expect(report.lies[lie], 'lies told').toBeGreaterThan(0)
    expect(report.found).toEqual([])
  })

  test.each([...ANSWERED_ALONE])(
    'that tells %s is found and sent away, as long as nobody is missing',
    async (lie) => {
      const scenario = drawScenario(SEED, lie)
      const people = scenario.people.map((person) => ({ ...person, webrtc: true, joinsAtMs: 0 }))
      const report = await runScenario({ ...scenario, people, faults: [] })
      expect(report.lies[lie], 'lies told').toBeGreaterThan(0)
      expect(report).toMatchObject({ found: [], liarsExcluded: 1, honestExclusions: 0 })
    },
  )

  test('that floods is sent away', async () => {
    expect(await runScenario(drawScenario(SEED, 'flood'))).toMatchObject({
      liarsExcluded: 1,
      honestExclusions: 0,
    })
  })
})

test('a seed that fails is named with the command that plays it again', () => {
  expect(replayCommand(7)).toBe('npm run soak -- --only world --seed 7 --seeds 1 --trace')
})
