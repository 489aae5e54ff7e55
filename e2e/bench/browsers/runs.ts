import { layoutOf } from '@quorate/shared/model/layout'
import type { ModelSpec } from '@quorate/shared/model/spec'
import { usualMethod, usualSettings } from '@quorate/shared/methods/usual'
import type { RunSettingsInput } from '@quorate/shared/run/settings'

/** A run on shuffled MNIST of an MLP 784–`hidden`–10 by EF-Vote, and its number of parameters. */
export function mlpRun(of: {
  readonly hidden: number
  readonly batch: number
  readonly shards: number
}): { settings: RunSettingsInput; d: number } {
  const model: ModelSpec = { kind: 'mlp', hidden: [of.hidden] }
  const method = usualMethod('ef-vote')
  const settings: RunSettingsInput = {
    ...{ name: 'Benchmark', dataSet: 'mnist', seed: 1, rounds: 1_000_000 },
    ...{ model, method, partition: { kind: 'iid' }, shards: of.shards, batch: of.batch },
    ...{ ...usualSettings(method), schedule: 'constant' },
    // Its worker thread would compute beside the browsers.
    evaluateEvery: 10_000,
  }
  return { settings, d: layoutOf(model, { input: [28, 28, 1], classes: 10 }).size }
}
