import { efSignsgd } from './ef-signsgd.ts'
import { efVote } from './ef-vote.ts'
import type { TieRuleName } from './majority.ts'
import { memSgd } from './mem-sgd.ts'
import type { Method, VectorMethod, VotingMethod } from './method.ts'
import { noisySignsgd } from './noisy-signsgd.ts'
import type { MethodSettings, VectorSettings, VotingSettings } from './settings.ts'
import type { VectorShape } from './shape.ts'
import { signsgdMv } from './signsgd-mv.ts'
import { signumMv } from './signum-mv.ts'
import { ssdm } from './ssdm.ts'
import { stoSign } from './sto-sign.ts'
import type { UniformSource } from './uniform-source.ts'
import { denseMean } from './vector-mean.ts'
import { zSign } from './z-sign.ts'

/** What a run leaves as it is, and comparisons with a reference set. */
export interface MethodOptions {
  /** Precision of stored state; arithmetic is float64 in both. Default float32. */
  readonly precision?: VectorShape['precision']
  /** Where stochastic signs' uniforms come from; default: the run's counter-based generator. */
  readonly uniforms?: UniformSource
  /** In place of the settings' tie rule: `hold`, no step at a tie, is for simulations only. */
  readonly tieRule?: TieRuleName
}

interface LayoutShape {
  readonly size: number
  readonly tensors: VectorShape['tensors']
}

/** Both halves of the method that `settings` name, for the vector of `layout` in blocks of `block`. */
export function createMethod(
  settings: VotingSettings,
  layout: LayoutShape,
  block: number,
  options?: MethodOptions,
): VotingMethod
export function createMethod(
  settings: VectorSettings,
  layout: LayoutShape,
  block: number,
  options?: MethodOptions,
): VectorMethod
export function createMethod(
  settings: MethodSettings,
  layout: LayoutShape,
  block: number,
  options?: MethodOptions,
): Method
export function createMethod(
  settings: MethodSettings,
  layout: LayoutShape,
  block: number,
  options: MethodOptions = {},
): Method {
  const precision = options.precision ?? 'float32'
  const shape: VectorShape = { d: layout.size, block, tensors: layout.tensors, precision }
  const { tieRule, uniforms } = options
  switch (settings.id) {
    case 'signsgd':
      return signsgdMv(settings, 'plus')
    case 'signsgd-mv':
      return signsgdMv(settings, tieRule ?? settings.tieRule)
    case 'signum-mv':
      return signumMv(settings, shape, tieRule)
    case 'ssdm':
      return ssdm(settings, shape, uniforms)
    case 'noisy-signsgd':
      return noisySignsgd(settings, tieRule)
    case 'sto-sign':
      return stoSign(settings, { tieRule, uniforms })
    case 'z-sign-fedavg':
      return zSign(settings)
    case 'ef-signsgd':
      return efSignsgd(settings, shape)
    case 'mem-sgd':
      return memSgd(settings, shape)
    case 'sgd':
    case 'fedavg':
      return denseMean(shape)
    case 'ef-vote':
      return efVote(settings, shape)
  }
}
