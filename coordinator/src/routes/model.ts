import { layoutOf } from '@quorate/shared/model/layout'
import type { FastifyReply } from 'fastify'
import type { DataSets } from '../data/data-set.ts'
import { encodeSafetensors, littleEndian } from '../export/safetensors.ts'
import { tfjsLayersModel } from '../export/tfjs-layers.ts'
import type { TrainingService } from '../training/service.ts'
import type { RouteApp } from './route-app.ts'
import { costly, runParams } from './route-app.ts'

/** The coordinator's replica as files for other programs. */
export function modelRoutes(app: RouteApp, training: TrainingService, dataSets: DataSets): void {
  const options = (summary: string) => ({ ...costly, schema: { summary, params: runParams } })
  const exported = async (id: string) => {
    const { settings } = training.run(id)
    const { shape } = await dataSets.open(settings.dataSet)
    const { round, digest, parameters } = training.replica(id)
    const layout = layoutOf(settings.model, shape)
    const metadata = {
      run: id,
      name: settings.name,
      round: String(round),
      digest,
      model: JSON.stringify(settings.model),
      dataSet: settings.dataSet,
    }
    return { settings, shape, layout, parameters, metadata, file: `quorate-${id}-round-${round}` }
  }

  app.get('/api/runs/:id/model', options('The model as safetensors'), async ({ params }, reply) => {
    const { layout, parameters, metadata, file } = await exported(params.id)
    const bytes = encodeSafetensors(layout, parameters, metadata)
    return sendFile(reply, { bytes, name: `${file}.safetensors` })
  })

  app.get(
    '/api/runs/:id/model/model.json',
    options('The model for tfjs: its layers'),
    async ({ params }, reply) => {
      const { settings, shape, layout, metadata } = await exported(params.id)
      const model = tfjsLayersModel(settings.model, shape, { layout, metadata })
      const bytes = Buffer.from(JSON.stringify(model))
      return sendFile(reply, { bytes, name: 'model.json', type: 'application/json' })
    },
  )

  app.get(
    '/api/runs/:id/model/weights.bin',
    options('The model for tfjs: its weights'),
    async ({ params }, reply) => {
      const { parameters } = await exported(params.id)
      return sendFile(reply, { bytes: littleEndian(parameters), name: 'weights.bin' })
    },
  )
}

function sendFile(
  reply: FastifyReply,
  file: { bytes: Uint8Array; name: string; type?: string },
): FastifyReply {
  const { bytes } = file
  return reply
    .type(file.type ?? 'application/octet-stream')
    .header('content-disposition', `attachment; filename="${file.name}"`)
    .header('cache-control', 'no-store')
    .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
}
