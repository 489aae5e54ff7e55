import type { MethodSettings } from '../methods/settings.ts'
import { sendsVectors } from '../methods/settings.ts'
import { LayoutError } from '../model/layout.ts'
import type { RunSettings } from './settings.ts'

/** Parameters of a model that methods which send floats may train: 4 bytes each way and round. */
const MAX_VECTOR_SIZE = 2 ** 21
/** Bytes that the vectors of one round may take in the coordinator's memory, all together. */
const MAX_ROUND_BYTES = 2 ** 29

/** How many can contribute at once, by what the method is and by what a round's vectors take. */
export function contributorsAtMost(method: MethodSettings, d: number): number {
  if (method.id === 'signsgd') return 1
  // No vector takes more than a dense one: sparse ones have at most half of the coordinates.
  return sendsVectors(method) ? Math.floor(MAX_ROUND_BYTES / (4 * d)) : Infinity
}

/** `contributorsAtMost` as the API says it: null = no bound. */
export function placesOf(method: MethodSettings, d: number): number | null {
  const most = contributorsAtMost(method, d)
  return Number.isFinite(most) ? most : null
}

/** @throws LayoutError where d parameters are too many for the method, or for its voters. */
export function checkSize({ method, minVoters }: RunSettings, d: number): void {
  if (sendsVectors(method) && d > MAX_VECTOR_SIZE) {
    const detail = `${method.id} sends floats and trains at most ${MAX_VECTOR_SIZE} parameters, not ${d}`
    throw new LayoutError(`${detail}; a voting method takes the model as it is`)
  }
  const most = contributorsAtMost(method, d)
  if (minVoters > most) {
    const detail = `${method.id} takes ${most} contributors at once with ${d} parameters`
    throw new LayoutError(`${detail}: a round cannot wait for ${minVoters} voters`)
  }
}

/** How many verdicts of the method a checkpoint is about as large as. */
export function checkpointInVerdicts(method: MethodSettings): number {
  switch (method.id) {
    case 'sgd':
    case 'fedavg':
      return 1
    case 'ef-signsgd':
      return method.twoWay ? 32 : 1
    case 'mem-sgd':
      return 4
    case 'ssdm':
    case 'z-sign-fedavg':
      return 8
    case 'signsgd':
    case 'signsgd-mv':
    case 'signum-mv':
    case 'noisy-signsgd':
    case 'sto-sign':
    case 'ef-vote':
      return 32
  }
}
