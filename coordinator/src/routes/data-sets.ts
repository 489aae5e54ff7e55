import { dataSetsAnswer } from '@quorate/shared/api/api'
import type { DataSets } from '../data/data-set.ts'
import type { RouteApp } from './route-app.ts'

/** The data sets that can be read; one that cannot is in the log. */
export function dataSetRoutes(app: RouteApp, dataSets: DataSets): void {
  app.get(
    '/api/data-sets',
    {
      schema: { summary: 'Data sets that runs can be made on', response: { 200: dataSetsAnswer } },
    },
    async ({ log }) => {
      const opened = await Promise.allSettled(dataSets.ids().map((id) => dataSets.open(id)))
      const readable = opened.flatMap((result) => {
        if (result.status === 'fulfilled') return [result.value]
        log.warn({ err: result.reason as unknown }, 'a data set cannot be read')
        return []
      })
      return {
        dataSets: readable.map(({ id, name, shape, labels, test }) => ({
          id,
          name,
          records: labels.length,
          testRecords: test.labels.length,
          input: [...shape.input] as [number, number, number],
          classes: shape.classes,
        })),
      }
    },
  )
}
