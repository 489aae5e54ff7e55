import { createRequire } from 'node:module'

type Unmask = (bytes: Uint8Array, mask: Uint8Array) => void

/** Takes the mask of 4 bytes off `bytes`, in place (RFC 6455, 5.3). */
export const unmask: Unmask = nativeUnmask() ?? unmaskPlainly

/** The compiled one, which ws uses as well, where it could be installed. */
function nativeUnmask(): Unmask | null {
  try {
    const { unmask } = createRequire(import.meta.url)('bufferutil') as { unmask: Unmask }
    return unmask
  } catch {
    return null
  }
}

export function unmaskPlainly(bytes: Uint8Array, mask: Uint8Array): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] as number) ^ (mask[i & 3] as number)
}
