/** What this browser offers for training, as far as can be told without trying. */
export type Capability = 'webgpu' | 'insecure' | 'no-webgpu'

export function capability(): Capability {
  if (!isSecureContext) return 'insecure'
  return 'gpu' in navigator ? 'webgpu' : 'no-webgpu'
}
