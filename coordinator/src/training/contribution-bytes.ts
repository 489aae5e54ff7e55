import type { Method } from '@quorate/shared/methods/method'
import { ballotPayloadBytes } from '@quorate/shared/wire/ballot'
import { HEADER_BYTES } from '@quorate/shared/wire/frame'
import { vectorPayloadBytes } from '@quorate/shared/wire/vector'

/** Bytes of the frame in which a contributor sends a slice of `size` coordinates. */
export function contributionBytes(
  method: Method,
  size: number,
  { d, block }: { readonly d: number; readonly block: number },
): number {
  return (
    HEADER_BYTES +
    (method.kind === 'vectors'
      ? vectorPayloadBytes(method.form, d)
      : ballotPayloadBytes(size, block, method.weighted))
  )
}
