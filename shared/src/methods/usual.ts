import type { MethodSettings } from './settings.ts'

/** What a run of a method begins with where nobody says otherwise. */
export interface UsualSettings {
  readonly learningRate: number
  readonly localSteps: number
  readonly block: 64 | 256
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
