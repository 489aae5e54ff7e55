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
  /** Whether a WebGL 2 context is to be had that does not crawl. */
  readonly webgl: () => boolean
}

export async function capabilityOf(around: Surroundings): Promise<Capability> {
  return { webgpu: await webgpuOf(around), webgl: around.webgl() }
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
  return capabilityOf({ isSecureContext, gpu, webgl: hasWebGl })
}

function hasWebGl(): boolean {
  if (typeof OffscreenCanvas === 'undefined') return false
  const context = new OffscreenCanvas(1, 1).getContext('webgl2', {
    failIfMajorPerformanceCaveat: true,
  })
  context?.getExtension('WEBGL_lose_context')?.loseContext()
  return context !== null
}
