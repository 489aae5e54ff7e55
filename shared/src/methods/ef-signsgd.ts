import { fromLittleEndianBytes, littleEndianBytes } from '../bytes/float32.ts'
import { packSigns, signAt, signWordCount } from '../sign/pack.ts'
import { combineAndSign } from './combine.ts'
import type {
  ContributorHalf,
  CoordinatorHalf,
  FloatVector,
  MergedVectors,
  SignedVector,
  SignWords,
  VectorContribution,
  VectorMethod,
} from './method.ts'
import { tieRuleOf, zeroRuleOf } from './majority.ts'
import { noUnits, SavedStateError } from './saved-state.ts'
import type { MethodSettings } from './settings.ts'
import type { VectorShape } from './shape.ts'
import { meanSize, zeros } from './shape.ts'
import { meanSent } from './vector-mean.ts'

type Settings = Extract<MethodSettings, { id: 'ef-signsgd' }>

/** e, [d]: what is owed. */
interface Owed {
  readonly e: FloatVector
}

interface Claim {
  readonly p: FloatVector
  readonly sent: SignedVector
}

/**
 * SignSGD with error feedback: p = γg + e; sent: sign p and ‖p_b‖₁/d_b of each tensor b;
 * e ← p − sent; x −= mean sent. Two-way, the coordinator does the same with q = mean + e_s.
 *
 * Source: Karimireddy et al. 2019, arXiv 1901.09847; Zheng et al. 2019, arXiv 1905.10936.
 */
export function efSignsgd(settings: Settings, shape: VectorShape): VectorMethod {
  const contributor: ContributorHalf<VectorContribution, Owed, Claim> = {
    init: () => ({ e: zeros(shape) }),
    cast({ e }, gradient, terms) {
      const owed = { a: 1, x: e, b: terms.learningRate, y: gradient }
      const zero = zeroRuleOf(settings.zeroRule, terms)
      const { sum: p, signs } = combineAndSign(owed, { zero, sizes: false }, shape)
      const sent = { kind: 'signed', signs, scales: scalesOf(p, shape) } as const
      return { sent, pending: { p, sent } }
    },
    settle(state, { p, sent }, settlement) {
      if (settlement.kind === 'void') return
      state.e.set(p)
      if (settlement.counted[0]) subtractSent(state.e, sent, shape)
    },
    loudness: () => null,
  }
  return {
    kind: 'vectors',
    form: { kind: 'signed', tensors: shape.tensors.length },
    contributor,
    coordinator: settings.twoWay ? signedMean(settings, shape) : meanSent(shape),
  }
}

/** q = mean + e_s; the verdict is sign q with ‖q_b‖₁/d_b of each tensor; e_s ← q − sent. */
function signedMean(settings: Settings, shape: VectorShape): CoordinatorHalf<MergedVectors, Owed> {
  return {
    ...noUnits,
    init: () => ({ e: zeros(shape) }),
    decide({ e }, { sum, voters }, terms) {
      const valid = [...terms.valid]
      const ends = Uint32Array.from(shape.tensors, ({ offset, size }) => offset + size)
      if (!valid[0]) return { ...nothing(ends, shape), valid, nextUnits: null }
      // q takes the place of e_s, and what is sent is taken off it.
      for (let i = 0; i < e.length; i++) {
        e[i] = (sum.values[i] ?? 0) / voters.length + (e[i] ?? 0)
      }
      const signs = packSigns(e, tieRuleOf(settings.tieRule, terms))
      const steps = scalesOf(e, shape)
      subtractSent(e, { signs, scales: steps }, shape)
      return { kind: 'signed', ends, steps, signs, valid, nextUnits: null }
    },
    save: ({ e }) => littleEndianBytes(Float32Array.from(e)),
    restore(bytes) {
      if (bytes.length !== 4 * shape.d) {
        throw new SavedStateError(`${bytes.length} bytes are no state of ${shape.d} parameters`)
      }
      return { e: fromLittleEndianBytes(bytes) }
    },
  }
}

/** A verdict that moves nothing. */
function nothing(ends: Uint32Array, { d }: VectorShape) {
  const signs = new Uint32Array(signWordCount(d))
  return { kind: 'signed', ends, steps: new Float32Array(ends.length), signs } as const
}

/** ‖v_b‖₁/d_b of each tensor, at the shape's precision: what is sent and what is taken off agree. */
function scalesOf(v: FloatVector, { tensors, precision }: VectorShape): FloatVector {
  const scales = tensors.map(({ offset, size }) => meanSize(v, offset, offset + size))
  return precision === 'float32' ? Float32Array.from(scales) : Float64Array.from(scales)
}

/** v ← v − sent, in place. */
function subtractSent(
  v: FloatVector,
  { signs, scales }: { readonly signs: SignWords; readonly scales: FloatVector },
  { tensors }: VectorShape,
): void {
  tensors.forEach(({ offset, size }, t) => {
    const scale = scales[t] ?? 0
    for (let i = offset; i < offset + size; i++) v[i] = (v[i] ?? 0) - signAt(signs, i) * scale
  })
}
