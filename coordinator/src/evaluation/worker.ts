/** The thread that evaluates models on test data, so that the server does not wait for it. */
import { parentPort } from 'node:worker_threads'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import { evaluateModel } from './evaluate.ts'
import type { EvaluationAnswer, EvaluationRequest } from './messages.ts'

type Data = Extract<EvaluationRequest, { kind: 'data' }>

async function answer(
  request: Extract<EvaluationRequest, { kind: 'evaluate' }>,
  data: Data | undefined,
): Promise<EvaluationAnswer> {
  try {
    // One thread: the machine's other cores belong to the server.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
    if (tf.getBackend() !== 'wasm' && !(await tf.setBackend('wasm'))) {
      throw new Error('the wasm backend does not start')
    }
    if (!data) throw new Error(`no data set ${request.dataSet} here`)
    return { kind: 'done', ...evaluateModel(request, data) }
  } catch (error) {
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
}

const dataSets = new Map<string, Data>()

parentPort?.on('message', (request: EvaluationRequest) => {
  if (request.kind === 'data') {
    dataSets.set(request.dataSet, request)
    return
  }
  void answer(request, dataSets.get(request.dataSet)).then((reply) =>
    parentPort?.postMessage(reply),
  )
})
