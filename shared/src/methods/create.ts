import type { DownLink } from './ef-vote-settings.ts'
import { efVote } from './ef-vote.ts'
import type { Method } from './method.ts'
import type { MethodSettings } from './settings.ts'
import type { VectorShape } from './shape.ts'
import { signsgdMv } from './signsgd-mv.ts'
import { signumMv } from './signum-mv.ts'
import type { UniformSource } from './ssdm.ts'
import { ssdm } from './ssdm.ts'

/** What a run leaves as it is, and comparisons with a reference set. */
export interface MethodOptions {
  /** Precision of stored state; arithmetic is float64 in both. Default float32. */
  readonly precision?: VectorShape['precision']
  /** Where ssdm's uniforms come from; default: the run's counter-based generator. */
  readonly uniforms?: UniformSource
  /** EF-Vote's down-link; default sign. */
  readonly down?: DownLink
}

/** Both halves of the method that `settings` name, for the vector of `layout` in blocks of `block`. */
export function createMethod(
  settings: MethodSettings,
  layout: { readonly size: number; readonly tensors: VectorShape['tensors'] },
  block: number,
  options: MethodOptions = {},
): Method {
  const precision = options.precision ?? 'float32'
  const shape: VectorShape = { d: layout.size, block, tensors: layout.tensors, precision }
  switch (settings.id) {
    case 'signsgd-mv':
      return signsgdMv(settings)
    case 'signum-mv':
      return signumMv(settings, shape)
    case 'ssdm':
      return ssdm(settings, shape, options.uniforms)
    case 'ef-vote':
      return efVote(settings, shape, options.down)
  }
}
