import type { MethodId, MethodSettings } from './settings.ts'
import { methodSettings } from './settings.ts'

/** What a run of a method begins with where nobody says otherwise. */
export interface UsualSettings {
  readonly learningRate: number
  readonly localSteps: number
  readonly block: 64 | 256
}

/** Clips bursts; with batches of eight records and more at no cost that was measured. */
const USUAL_CLIP = 4

/** What a run of `id` has for settings of its own where nobody says otherwise. */
export function usualMethod(id: MethodId): MethodSettings {
  return methodSettings.parse(id === 'ef-vote' ? { id, clip: USUAL_CLIP } : { id })
}

/** Good starts for each method: what did well on MNIST with one digit per shard. */
export function usualSettings(method: MethodSettings): UsualSettings {
  const one = { localSteps: 1, block: 256 } as const
  switch (method.id) {
    case 'ef-vote':
      return method.down === 'sign'
        ? { ...one, learningRate: 0.003 }
        : { ...one, learningRate: 1, block: 64 }
    case 'signum-mv':
      return { ...one, learningRate: 0.001 }
    case 'signsgd':
    case 'signsgd-mv':
    case 'noisy-signsgd':
    case 'sto-sign':
      return { ...one, learningRate: 0.003 }
    case 'ssdm':
      return { ...one, learningRate: 0.03 }
    case 'ef-signsgd':
    case 'sgd':
      return { ...one, learningRate: 1 }
    case 'mem-sgd':
      return { ...one, learningRate: method.select === 'top' ? 1 : 0.1 }
    case 'z-sign-fedavg':
    case 'fedavg':
      return { ...one, learningRate: 0.3, localSteps: 5 }
  }
}
