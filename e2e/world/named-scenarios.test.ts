import { expect, test } from 'vitest'
import { NAMED_SCENARIOS } from './named-scenarios.ts'
import { runScenario } from './run-scenario.ts'

test.each(Object.entries(NAMED_SCENARIOS))('%s', async (_, scenario) => {
  expect((await runScenario(scenario)).found).toEqual([])
})
