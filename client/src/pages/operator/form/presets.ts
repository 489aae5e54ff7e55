import { sendsVectors, type MethodSettings } from '@quorate/shared/methods/settings'
import { usualSettings } from '@quorate/shared/methods/usual'
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

/** Changes the method, and takes along the settings that were the old one's usual ones. */
export function changeMethod(draft: RunSettings, method: MethodSettings): void {
  const before = usualSettings(draft.method)
  const after = usualSettings(method)
  if (draft.learningRate === before.learningRate) draft.learningRate = after.learningRate
  if (draft.localSteps === before.localSteps) draft.localSteps = after.localSteps
  if (draft.block === before.block) draft.block = after.block
  draft.method = method
  // They have no meaning there and are not asked for: what was typed must not stay in the way.
  if (sendsVectors(method)) Object.assign(draft, { block: after.block, groupSize: 8 })
}
