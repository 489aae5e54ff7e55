import { isEmulated, webglRenderer } from '../../webgl/renderer.ts'

/** What this browser offers for training, as far as can be told before the measurement. */
export interface Capability {
  readonly webgpu: 'yes' | 'insecure' | 'no-api' | 'no-gpu'
  /** WebGL on a GPU; an emulation in software does not count. */
  readonly webgl: boolean
}

export type Uses = 'gpu' | 'either' | 'processor'

/** The adapter's own word came first, the one in its info later. */
interface Adapter {
  readonly isFallbackAdapter?: boolean
  readonly info?: { readonly isFallbackAdapter?: boolean }
}

export interface Surroundings {
  readonly isSecureContext: boolean
  /** navigator.gpu */
  readonly gpu: { requestAdapter(): Promise<Adapter | null> } | undefined
  /** Who draws for WebGL 2, by its own name; null where there is no WebGL 2. */
  readonly webglRenderer: () => string | null
}

export async function capabilityOf(around: Surroundings): Promise<Capability> {
  const renderer = around.webglRenderer()
  return {
    webgpu: await webgpuOf(around),
    webgl: renderer !== null && !isEmulated(renderer),
  }
}

async function webgpuOf({ isSecureContext, gpu }: Surroundings): Promise<Capability['webgpu']> {
  if (!gpu) return isSecureContext ? 'no-api' : 'insecure'
  // A browser that rejects here has no GPU for the training either.
  const adapter = await gpu.requestAdapter().catch(() => null)
  const software = adapter?.isFallbackAdapter ?? adapter?.info?.isFallbackAdapter ?? false
  return adapter && !software ? 'yes' : 'no-gpu'
}

/** What will do the work; `either` is settled by measurement, and stands while nothing is known. */
export function usesOf(capability: Capability | null, forced: string | null): Uses {
  if (forced === 'wasm' || forced === 'cpu') return 'processor'
  if (capability === null) return 'either'
  if (capability.webgpu === 'yes') return 'gpu'
  return capability.webgl ? 'either' : 'processor'
}

/** Of this browser. */
export function capability(): Promise<Capability> {
  const { gpu } = navigator as { gpu?: Surroundings['gpu'] }
  return capabilityOf({ isSecureContext, gpu, webglRenderer })
}
