import { expect, test } from 'vitest'
import { drawScenario } from './draw-scenario.ts'
import { replayCommand } from './replay-command.ts'
import { runScenario } from './run-scenario.ts'

/** One test a seed, from `first` on: whatever is drawn, everything holds. */
export function testSeeds(first: number, count: number): void {
  const seeds = Array.from({ length: count }, (_, n) => first + n)
  test.each(seeds)('seed %i', async (seed) => {
    const { found } = await runScenario(drawScenario(seed))
    expect(found, replayCommand(seed)).toEqual([])
  })
}
