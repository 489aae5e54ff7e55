/** Every lie of the catalogue is told, and the checkers see what nothing answers yet. */
import { describe, expect, test } from 'vitest'
import { drawScenario, UNANSWERED } from './draw-scenario.ts'
import { replayCommand } from './replay-command.ts'
import { runScenario } from './run-scenario.ts'
import { LIES } from './scenario.ts'

const SEED = 1002
const answered = LIES.filter((lie) => !UNANSWERED.has(lie))

describe('a liar', () => {
  test.each(answered)('that tells %s breaks nothing for the others', async (lie) => {
    const report = await runScenario(drawScenario(SEED, lie))
    expect(report.lies[lie], 'lies told').toBeGreaterThan(0)
    expect(report.found).toEqual([])
  })

  test.each([...UNANSWERED])(
    'that tells %s is believed so far, and the checkers see it',
    async (lie) => {
      const report = await runScenario(drawScenario(SEED, lie))
      expect(report.lies[lie], 'lies told').toBeGreaterThan(0)
      expect(report.found.length).toBeGreaterThan(0)
      for (const fault of report.found) expect(fault).toMatch(/^tallies exact: /)
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
