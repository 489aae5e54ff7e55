import type { Layout } from '@quorate/shared/model/layout'

/**
 * The replica as a safetensors file: u64 header length, JSON header, float32 data, little-endian.
 * Source: the format's README, github.com/huggingface/safetensors.
 */
export function encodeSafetensors(
  layout: Layout,
  parameters: Float32Array,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: metadata }
  for (const { name, shape, offset, size } of layout.tensors) {
    const data_offsets = [4 * offset, 4 * (offset + size)]
    header[name.replace('/', '.')] = { dtype: 'F32', shape, data_offsets }
  }
  const json = Buffer.from(JSON.stringify(header))
  // Padded with spaces, so that the data is aligned.
  const headerBytes = Math.ceil(json.length / 8) * 8
  const bytes = Buffer.alloc(8 + headerBytes + 4 * parameters.length, ' ')
  bytes.writeBigUInt64LE(BigInt(headerBytes), 0)
  json.copy(bytes, 8)
  bytes.set(littleEndian(parameters), 8 + headerBytes)
  return bytes
}

export function littleEndian(parameters: Float32Array): Uint8Array {
  const bytes = new Uint8Array(4 * parameters.length)
  const view = new DataView(bytes.buffer)
  parameters.forEach((value, index) => view.setFloat32(4 * index, value, true))
  return bytes
}
