import { methodSettings, sendsVectors, type MethodId } from '@quorate/shared/methods/settings'
import { demoSettings, runSettings, type RunSettings } from '@quorate/shared/run/settings'

export type PresetName = 'demo' | 'dirichlet' | 'iid' | 'lenet'
export const presetNames: readonly PresetName[] = ['demo', 'dirichlet', 'iid', 'lenet']

/** Complete settings to start from; a fresh object each time. */
export function preset(name: PresetName): RunSettings {
  switch (name) {
    case 'demo':
      return runSettings.parse(demoSettings)
    case 'dirichlet':
      return runSettings.parse({
        ...demoSettings,
        name: 'Handwritten digits, skewed',
        partition: { kind: 'dirichlet', alpha: 0.3 },
      })
    case 'iid':
      return runSettings.parse({
        ...demoSettings,
        name: 'Handwritten digits, shards alike',
        partition: { kind: 'iid' },
      })
    case 'lenet':
      return runSettings.parse({
        ...demoSettings,
        name: 'Handwritten digits, LeNet-5',
        purpose: 'A small convolutional network learns to read handwritten digits (MNIST).',
        model: { kind: 'lenet5' },
        partition: { kind: 'dirichlet', alpha: 0.3 },
        learningRate: 0.001,
      })
  }
}

/** Learning rates that did well on MNIST with one digit per shard (README, the methods). */
export const usualRate: Readonly<Record<MethodId, number>> = {
  'ef-vote': 0.003,
  'signum-mv': 0.001,
  'signsgd-mv': 0.003,
  signsgd: 0.003,
  ssdm: 0.03,
  'noisy-signsgd': 0.003,
  'sto-sign': 0.003,
  'z-sign-fedavg': 0.3,
  'ef-signsgd': 1,
  'mem-sgd': 1,
  sgd: 1,
  fedavg: 0.3,
}

/** Methods that are made of local steps, and how many are a good start; the others take one. */
const manySteps: Partial<Record<MethodId, number>> = { fedavg: 5, 'z-sign-fedavg': 5 }

/** Settings that another method takes along with it, where they were the old one's usual ones. */
export function chooseMethod(draft: RunSettings, id: MethodId): void {
  const before = draft.method.id
  if (draft.learningRate === usualRate[before]) draft.learningRate = usualRate[id]
  if (draft.localSteps === usualSteps(before)) draft.localSteps = usualSteps(id)
  draft.method = methodSettings.parse({ id })
  // They have no meaning there and are not asked for: what was typed must not stay in the way.
  if (sendsVectors(draft.method)) Object.assign(draft, usualGroups)
}

/** EF-Vote's steps per block take a learning rate as SGD has it, and smaller blocks. */
export function chooseDown(draft: RunSettings, down: 'sign' | 'scaled'): void {
  if (draft.method.id !== 'ef-vote' || draft.method.down === down) return
  const usual = {
    sign: { rate: usualRate['ef-vote'], block: 256 },
    scaled: { rate: 1, block: 64 },
  } as const
  const before = usual[draft.method.down]
  if (draft.learningRate === before.rate) draft.learningRate = usual[down].rate
  if (draft.block === before.block) draft.block = usual[down].block
  draft.method.down = down
}

const usualGroups = { block: 256, groupSize: 8 } as const

function usualSteps(id: MethodId): number {
  return manySteps[id] ?? 1
}
