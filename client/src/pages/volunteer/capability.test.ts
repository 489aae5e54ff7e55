import { describe, expect, it } from 'vitest'
import { capabilityOf, usesOf, type Surroundings } from './capability.ts'

const gpuThatGives = (adapter: object | null) => ({ requestAdapter: async () => adapter })
const bare: Surroundings = { isSecureContext: true, gpu: undefined, webgl: () => false }

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
      { ...bare, gpu: gpuThatGives({ info: { isFallbackAdapter: true } }), webgl: () => true },
      'either',
    ],
    ['WebGL alone', { ...bare, webgl: () => true }, 'either'],
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
