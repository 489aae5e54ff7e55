import { CodedError } from '../errors.ts'
import type { BlobStore, TrainingData } from '../training/ports.ts'
import { TrainingError } from '../training/service.ts'
import type { DataSet, DataSets } from './data-set.ts'
import { makeShards } from './shards.ts'

/** The data sets as training sees them. */
export function trainingData(dataSets: DataSets, blobs: BlobStore): TrainingData {
  const open = async (id: string): Promise<DataSet> => {
    try {
      return await dataSets.open(id)
    } catch (error) {
      if (!(error instanceof CodedError && error.code === 'DATA_SET_NOT_FOUND')) throw error
      throw new TrainingError('DATA_SET_NOT_FOUND', error.message)
    }
  }
  return {
    async describe(id) {
      const { shape, labels } = await open(id)
      return { shape, labels }
    },
    async makeShards(settings) {
      return makeShards(await open(settings.dataSet), settings, blobs)
    },
  }
}
