import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl'
import { isEmulated, webglRenderer } from '../webgl/renderer.ts'
import type { TrainingBackend } from './measure.ts'
import { loadBackend, tf } from './tf.ts'

/** The adapter's own word came first, the one in its info later. */
interface MaybeFallback {
  readonly isFallbackAdapter?: boolean
  readonly info?: { readonly isFallbackAdapter?: boolean }
}

/**
 * Makes `name` the backend in use. A string says why it cannot be used here; it rejects
 * when the backend fails in another way. A software GPU is used only when `forced`: wasm is faster.
 */
export async function openBackend(name: TrainingBackend, forced: boolean): Promise<string | null> {
  const obstacle = await obstacleTo(name, forced)
  if (obstacle !== null) return obstacle
  await loadBackend(name)
  if (!(await tf.setBackend(name))) return 'it does not start'
  if (name === 'webgl' && !tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) {
    return 'only half precision here'
  }
  return null
}

async function obstacleTo(name: TrainingBackend, forced: boolean): Promise<string | null> {
  switch (name) {
    case 'cpu':
    case 'wasm':
      return null
    case 'webgl': {
      const renderer = webglRenderer()
      if (renderer === null) return 'not in this browser’s workers'
      // An emulation only takes long to be found slower.
      return isEmulated(renderer) && !forced ? 'only emulated in software here' : null
    }
    case 'webgpu': {
      const gpu = (navigator as { gpu?: GPU }).gpu
      if (!gpu) return self.isSecureContext ? 'not in this browser' : 'only over HTTPS'
      const options: GPURequestAdapterOptions = { powerPreference: 'high-performance' }
      const adapter: (GPUAdapter & MaybeFallback) | null = await gpu.requestAdapter(options)
      if (!adapter) return 'no GPU available'
      const software = adapter.isFallbackAdapter ?? adapter.info?.isFallbackAdapter ?? false
      return software && !forced ? 'only emulated in software here' : null
    }
  }
}

/** Resolves when the GPU behind the backend in use is lost; never, for backends without one. */
export function backendLost(name: TrainingBackend): Promise<string> {
  if (name !== 'webgpu') return new Promise(() => {})
  return (tf.backend() as WebGPUBackend).device.lost.then(
    ({ reason, message }) => `GPU device lost (${reason}): ${message}`,
  )
}

/** WebGL tells of a lost context only when asked, and computes zeros from then on. */
export function contextLost(name: TrainingBackend): boolean {
  return name === 'webgl' && (tf.backend() as MathBackendWebGL).gpgpu.gl.isContextLost()
}

/** Frees a backend with all its tensors, but so that it can be opened again. */
export function dropBackend(name: TrainingBackend): void {
  const factory = tf.findBackendFactory(name)
  if (!factory) return
  try {
    tf.removeBackend(name)
  } catch {
    // A lost GPU may refuse to free what is gone with it; tfjs must forget the backend even so.
    delete tf.engine().registry[name]
    tf.removeBackend(name)
  }
  tf.registerBackend(name, factory)
}
