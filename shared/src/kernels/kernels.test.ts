import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

const ballots = [
  { contributor: 0, signs: Uint32Array.of(0b011, 7), weights: null },
  { contributor: 1, signs: Uint32Array.of(0b110, 9), weights: Uint8Array.of(3) },
]

async function counted() {
  const { kernels } = await import('./kernels.ts')
  const { tallySlice } = await import('../tally/count.ts')
  const { sums } = tallySlice({ index: 0, start: 0, end: 40 }, 64, ballots)
  return { there: kernels() !== null, sums: [...sums.slice(0, 4)] }
}

describe('kernels', () => {
  beforeEach(() => vi.resetModules())
  afterEach(() => vi.unstubAllGlobals())

  it('are there, one instance for all', async () => {
    const { kernels } = await import('./kernels.ts')
    expect(kernels()).not.toBeNull()
    expect(kernels()).toBe(kernels())
  })

  it('are not needed: without WebAssembly, or its SIMD, the counts are the same', async () => {
    const sums = [-2, 4, 2, -4]
    expect(await counted()).toEqual({ there: true, sums })
    vi.resetModules()
    vi.stubGlobal('WebAssembly', undefined)
    expect(await counted()).toEqual({ there: false, sums })
    vi.resetModules()
    vi.stubGlobal('WebAssembly', { validate: () => false })
    expect(await counted()).toEqual({ there: false, sums })
  })

  it('are left out where a page may not compile them', async () => {
    vi.stubGlobal('WebAssembly', {
      validate: () => true,
      Module: class {
        constructor() {
          throw new Error('refused by the policy of the page')
        }
      },
    })
    expect((await counted()).there).toBe(false)
  })
})
