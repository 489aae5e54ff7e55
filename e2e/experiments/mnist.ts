import type { MethodSettings, methodSettings } from '@quorate/shared/methods/settings'
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import type { z } from 'zod'
import type { SimulationSettings } from '../simulator/settings.ts'
import { simulationSettings } from '../simulator/settings.ts'
import type { SimulationJob } from './job.ts'

export type MethodInput = z.input<typeof methodSettings>

/** What differs from an MLP 784-32-10 on MNIST, ten contributors, 400 rounds, one digit each. */
export interface MnistTerms {
  readonly method: MethodInput
  readonly learningRate: number
  readonly seed: number
  readonly run?: Partial<RunSettingsInput>
  readonly crowd?: Partial<Omit<SimulationSettings, 'run'>>
}

export function mnistJob({ method, learningRate, seed, run, crowd }: MnistTerms): SimulationJob {
  const settings = simulationSettings.parse({
    contributors: 10,
    ...crowd,
    run: {
      name: 'Experiment',
      dataSet: 'mnist',
      seed,
      rounds: 400,
      model: { kind: 'mlp', hidden: [32] },
      method,
      partition: { kind: 'label' },
      shards: 10,
      batch: 32,
      learningRate,
      evaluateEvery: 20,
      ...run,
    },
  })
  return { kind: 'simulation', settings }
}

/** EF-Vote's presets: for strangers, for invited contributors; and without a budget. */
export const OPEN = { id: 'ef-vote', kappa: 4, tau: 2 } as const
export const TRUSTED = { id: 'ef-vote', kappa: 8, tau: null } as const
export const PRESETS = [
  { label: 'open (κ 4, τ 2)', method: OPEN },
  { label: 'trusted (κ 8)', method: TRUSTED },
] as const
export const NO_BUDGET = {
  id: 'ef-vote',
  kappa: 4,
  tau: null,
} as const satisfies Partial<MethodSettings>
