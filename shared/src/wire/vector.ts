import type { RoundTerms, VectorContribution, VectorForm } from '../methods/method.ts'
import { readBits, writeBits } from './bits.ts'
import { Reader, Writer } from './cursor.ts'
import {
  indexBytes,
  LARGEST_SENT,
  readFloats,
  readIndices,
  writeFloats,
  writeIndices,
} from './floats.ts'
import { FrameError } from './frame.ts'

/** Bytes of a contribution's payload, for d parameters. */
export function vectorPayloadBytes(form: VectorForm, d: number): number {
  switch (form.kind) {
    case 'dense':
      return 4 * d
    case 'sparse':
      return 4 * form.k + (form.shared ? 0 : indexBytes(form.k, d))
    case 'signed':
      return 4 * form.tensors + Math.ceil(d / 8)
  }
}

/**
 * The payload of a contribution of floats. Both ends know its form, so that it holds nothing else:
 *
 *     dense   d × f32
 *     sparse  the k indices in ⌈log₂ d⌉ bits each, unless the seed gives them, k × f32
 *     signed  f32 scale of each tensor, ⌈d/8⌉ bytes of signs
 */
export function encodeVector(
  sent: VectorContribution,
  form: VectorForm,
  d: number,
): Uint8Array<ArrayBuffer> {
  const writer = new Writer(vectorPayloadBytes(form, d))
  switch (sent.kind) {
    case 'dense':
      writeFloats(sent.values, writer)
      break
    case 'sparse':
      if (form.kind === 'sparse' && !form.shared) {
        writeIndices(sent.indices, d, writer.room(indexBytes(sent.indices.length, d)))
      }
      writeFloats(sent.values, writer)
      break
    case 'signed':
      writeFloats(sent.scales, writer)
      writeBits(sent.signs, d, writer.room(Math.ceil(d / 8)))
  }
  return writer.done()
}

/** Whether every float is finite and no larger than a reader takes. */
export function sendable(sent: VectorContribution): boolean {
  const floats = sent.kind === 'signed' ? sent.scales : sent.values
  return floats.every((value) => Math.abs(value) <= LARGEST_SENT)
}

/** The inverse, for the round whose seed gives what does not travel. @throws FrameError */
export function decodeVector(
  payload: Uint8Array,
  form: VectorForm,
  at: Pick<RoundTerms, 'runSeed' | 'round'> & { readonly d: number },
): VectorContribution {
  const { d } = at
  const reader = new Reader(payload)
  const vector = readVector(reader, form, at)
  reader.end()
  if (vector.kind === 'signed' && vector.scales.some((scale) => scale < 0)) {
    throw new FrameError('FRAME_PAYLOAD', `a negative scale among ${d} parameters`)
  }
  return vector
}

function readVector(
  reader: Reader,
  form: VectorForm,
  at: Pick<RoundTerms, 'runSeed' | 'round'> & { readonly d: number },
): VectorContribution {
  const { d } = at
  switch (form.kind) {
    case 'dense':
      return { kind: 'dense', values: readFloats(reader, d, LARGEST_SENT) }
    case 'sparse': {
      const indices = form.shared ? form.shared(at) : readIndices(reader, { count: form.k, d })
      return { kind: 'sparse', indices, values: readFloats(reader, form.k, LARGEST_SENT) }
    }
    case 'signed': {
      const scales = readFloats(reader, form.tensors, LARGEST_SENT)
      return { kind: 'signed', scales, signs: readBits(reader.bytes(Math.ceil(d / 8)), d) }
    }
  }
}
