/** Every method does the same with and without WebAssembly: whole rounds of both halves. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bitsOf, someFloats } from '../sign/floats.fixture.ts'
import type { VotingSettings } from './settings.ts'

const D = 9000
const BLOCK = 64
const ROUNDS = 3

/** x after some rounds with one contributor, and its ballots. */
async function played(settings: VotingSettings) {
  const { createMethod } = await import('./create.ts')
  const { applyVerdict } = await import('./apply.ts')
  const { gridByte } = await import('./grid.ts')
  const { cutBallot, tallySlice } = await import('../tally/count.ts')
  const { sliceRanges } = await import('../tally/slices.ts')
  const { tile } = await import('../kernels/tile.ts')
  const tensors = [
    { offset: 0, size: 501 },
    { offset: 501, size: D - 501 },
  ]
  const { contributor, coordinator } = createMethod(settings, { size: D, tensors }, BLOCK)
  const [state, kept] = [contributor.init(), coordinator.init()]
  const slices = sliceRanges(D, BLOCK, 3)
  const x = someFloats(1, D)
  const ballots: string[] = []
  let units = new Uint8Array(Math.ceil(D / BLOCK)).fill(gridByte(1e-3))
  for (let round = 0; round < ROUNDS; round++) {
    const common = { runSeed: 5, round, block: BLOCK, slices, units }
    const terms = { ...common, learningRate: Math.fround(3e-3), contributor: 7 }
    const gradient = someFloats(100 + round, D).map((g) => Math.max(-1, Math.min(1, g)))
    const { sent, pending } = contributor.cast(state, gradient, terms)
    ballots.push(`${sent.signs.join()} ${sent.weights?.join()}`)
    const tally = {
      d: D,
      block: BLOCK,
      slices: slices.map((slice) =>
        tallySlice(slice, BLOCK, [cutBallot(sent, slice, BLOCK, terms.contributor)]),
      ),
    }
    const valid = [true, round !== 1, true]
    const verdict = coordinator.decide(kept, tally, { ...terms, valid })
    contributor.settle(state, pending, { kind: 'decided', counted: valid }, terms)
    applyVerdict(x, verdict, slices, BLOCK)
    units = verdict.nextUnits?.slice() ?? units
  }
  return { inWasm: tile() !== null, x: bitsOf(x).join(), ballots: ballots.join() }
}

const coin = { zeroRule: 'coin', tieRule: 'coin' } as const
const all: readonly VotingSettings[] = [
  { id: 'signsgd-mv', ...coin },
  { id: 'signum-mv', beta: 0.9, ...coin },
  { id: 'ssdm', beta: 0.9, norm: 'l2' },
  { id: 'ssdm', beta: 0.9, norm: 'linf-block' },
  { id: 'noisy-signsgd', noise: 0.1, ...coin },
  { id: 'sto-sign', bound: 0.1, tieRule: 'coin' },
  { id: 'z-sign-fedavg', distribution: 'uniform', sigma: 0.01, zeroRule: 'coin' },
  { id: 'z-sign-fedavg', distribution: 'gaussian', sigma: 0.01, zeroRule: 'coin' },
]

describe('without WebAssembly', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  async function expectTheSame(settings: VotingSettings): Promise<void> {
    const { inWasm, ...fast } = await played(settings)
    vi.resetModules()
    vi.stubGlobal('WebAssembly', undefined)
    const { inWasm: still, ...plain } = await played(settings)
    expect([inWasm, still]).toEqual([true, false])
    expect(fast.x === plain.x && fast.ballots === plain.ballots).toBe(true)
  }

  it.each(all)('$id casts the same ballots and steps to the same bits', expectTheSame)
  it('ef-vote does, with both down-links', async () => {
    const { methodSettings } = await import('./settings.ts')
    for (const down of ['sign', 'scaled']) {
      await expectTheSame(methodSettings.parse({ id: 'ef-vote', down }) as VotingSettings)
      vi.unstubAllGlobals()
      vi.resetModules()
    }
  })
})
