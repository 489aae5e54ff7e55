/** A thread that computes; it reads the data once. */
import { parentPort } from 'node:worker_threads'
import { openData } from '../simulator/data.ts'
import { compute } from './compute.ts'
import type { ComputeAnswer, ComputeRequest } from './messages.ts'

/** Progress is told when it has grown by so much. */
const STEP = 0.02

const data = openData(null)

async function answer({ job }: ComputeRequest): Promise<ComputeAnswer> {
  try {
    let told = 0
    const result = await compute(job, await data, (share) => {
      if (share < told + STEP) return
      told = share
      tell({ kind: 'progress', share })
    })
    return { kind: 'done', result }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

function tell(message: ComputeAnswer): void {
  parentPort?.postMessage(message)
}

parentPort?.on('message', (request: ComputeRequest) => {
  void answer(request).then(tell)
})
