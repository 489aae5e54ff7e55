import { describe, expect, it } from 'vitest'
import { capabilityOf, usesOf, type Surroundings } from './capability.ts'

const gpuThatGives = (adapter: object | null) => ({ requestAdapter: async () => adapter })
const REAL = 'ANGLE (Intel, Mesa Intel(R) Xe Graphics (TGL GT2), OpenGL 4.6)'
const EMULATED = 'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)))'
const bare: Surroundings = { isSecureContext: true, gpu: undefined, webglRenderer: () => null }

describe('what the page says it will use', () => {
  it.each<[string, Surroundings, string]>([
    ['a GPU by WebGPU', { ...bare, gpu: gpuThatGives({}) }, 'gpu'],
    ['WebGPU without an adapter', { ...bare, gpu: gpuThatGives(null) }, 'processor'],
    [
      'WebGPU in software',
      { ...bare, gpu: gpuThatGives({ isFallbackAdapter: true }) },
      'processor',
    ],
    [
      'WebGPU in software by its info',
      {
        ...bare,
        gpu: gpuThatGives({ info: { isFallbackAdapter: true } }),
        webglRenderer: () => REAL,
      },
      'either',
    ],
    ['WebGL alone', { ...bare, webglRenderer: () => REAL }, 'either'],
    ['WebGL in software', { ...bare, webglRenderer: () => EMULATED }, 'processor'],
    ['neither', bare, 'processor'],
  ])('with %s', async (_, around, uses) => {
    expect(usesOf(await capabilityOf(around), null)).toBe(uses)
  })

  it('is the processor where the address asks for it, and open while nothing is known', () => {
    expect(usesOf({ webgpu: 'yes', webgl: true }, 'wasm')).toBe('processor')
    expect(usesOf(null, null)).toBe('either')
  })

  it('tells plain HTTP, a browser without WebGPU and one without a GPU apart', async () => {
    const webgpu = async (around: Surroundings) => (await capabilityOf(around)).webgpu
    expect(await webgpu({ ...bare, isSecureContext: false })).toBe('insecure')
    expect(await webgpu(bare)).toBe('no-api')
    expect(await webgpu({ ...bare, gpu: gpuThatGives(null) })).toBe('no-gpu')
    const rejects = { requestAdapter: () => Promise.reject(new Error('blocked')) }
    expect(await webgpu({ ...bare, gpu: rejects })).toBe('no-gpu')
  })
})
