import { detailOf } from '@quorate/shared/failure/detail'
import { z } from 'zod'
import { CodedError } from '../errors.ts'
import type { PublicBlobs } from '../store/public-blobs.ts'
import type { BlobStore } from '../training/ports.ts'
import type { TrainingService } from '../training/service.ts'
import { CompressedChunks } from './compressed-chunks.ts'
import type { RouteApp } from './route-app.ts'

/** Chunks and checkpoints by their digest: immutable, so any cache may keep them. */
export function blobRoutes(
  app: RouteApp,
  parts: {
    blobs: BlobStore
    publicBlobs: PublicBlobs
    training: Pick<TrainingService, 'damagedBlob'>
  },
): void {
  const compressed = new CompressedChunks(parts.blobs)
  const checkpoint = async (digest: string) => {
    try {
      return await parts.blobs.get(digest)
    } catch (error) {
      await parts.training.damagedBlob(digest, detailOf(error))
      throw error
    }
  }
  app.get(
    '/api/blobs/:digest',
    {
      compress: false,
      schema: {
        summary: 'A chunk or checkpoint by its SHA-256, as bytes',
        params: z.object({ digest: z.string().max(128) }),
      },
    },
    async ({ params: { digest }, headers }, reply) => {
      const shown = /^[0-9a-f]{64}$/.test(digest)
        ? await parts.publicBlobs.publicBlob(digest)
        : null
      if (!shown) throw new CodedError('BLOB_NOT_FOUND', 'No run shows a file of this digest.')
      reply
        .type('application/octet-stream')
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('etag', `"${digest}"`)
      if (headers['if-none-match'] === `"${digest}"`) return reply.status(304).send()
      // Signs and float32 hardly compress; pixels do.
      if (shown.kind === 'checkpoint') return reply.send(bufferOf(await checkpoint(digest)))
      reply.header('vary', 'accept-encoding')
      if (!/\bgzip\b/.test(headers['accept-encoding'] ?? '')) {
        return reply.send(bufferOf(await parts.blobs.get(digest)))
      }
      return reply.header('content-encoding', 'gzip').send(await compressed.get(digest))
    },
  )
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
