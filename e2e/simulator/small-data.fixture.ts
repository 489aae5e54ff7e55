import type { DataSet } from '@quorate/coordinator/data/data-set'
import { syntheticData } from '../world/synthetic-data.ts'

/** Four kinds of 6 × 6 images, 100 of each to train on and 25 to test with. */
export function smallData(): DataSet {
  const { train, test } = syntheticData()
  return { id: 'small', name: 'Small images', recordBytes: 36, ...train, test }
}
