/**
 * tfjs, the parts that training needs. The backends are files of their own, loaded when tried.
 * Core alone has no gradients: registering them is a side effect of the second import.
 */
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-core/dist/register_all_gradients'
import wasmUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import wasmSimdUrl from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import type { TrainingBackend } from './measure.ts'
import { registerWasmConvGradient } from './wasm-conv-gradient.ts'

/** Makes `name` known to tfjs; loads its code the first time. */
export async function loadBackend(name: TrainingBackend): Promise<void> {
  switch (name) {
    case 'webgpu':
      await import('@tensorflow/tfjs-backend-webgpu')
      return
    case 'webgl':
      await import('@tensorflow/tfjs-backend-webgl')
      return
    case 'cpu':
      await import('@tensorflow/tfjs-backend-cpu')
      return
    case 'wasm': {
      const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
      // In a cross-origin-isolated page the threaded build hangs.
      tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
      setWasmPaths({
        'tfjs-backend-wasm.wasm': wasmUrl,
        'tfjs-backend-wasm-simd.wasm': wasmSimdUrl,
        'tfjs-backend-wasm-threaded-simd.wasm': wasmSimdUrl, // asked for, never loaded
      })
      registerWasmConvGradient()
    }
  }
}

export { tf }
