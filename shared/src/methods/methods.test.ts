import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coinAt } from '../random/streams.ts'
import { packSigns, signAt } from '../sign/pack.ts'
import { cutBallot, tallySlice } from '../tally/count.ts'
import { sliceRanges } from '../tally/slices.ts'
import type { MergedTally } from '../tally/tally.ts'
import { createMethod } from './create.ts'
import { gridByte } from './grid.ts'
import type { Ballot, ContributorTerms, FloatVector } from './method.ts'
import { SavedStateError } from './saved-state.ts'
import type { VotingSettings } from './settings.ts'
import { methodSettings } from './settings.ts'

const D = 160
const BLOCK = 64
const slices = sliceRanges(D, BLOCK, 2)
const layout = { size: D, tensors: [{ offset: 0, size: D }] }
const coin = { zeroRule: 'coin', tieRule: 'coin' } as const
const votingSettings = (id: VotingSettings['id']) => methodSettings.parse({ id }) as VotingSettings
const efSettings = votingSettings('ef-vote')
const ALL = (
  [
    'signsgd',
    'signsgd-mv',
    'signum-mv',
    'ssdm',
    'noisy-signsgd',
    'sto-sign',
    'z-sign-fedavg',
    'ef-vote',
  ] as const
).map(votingSettings)

const units = (z: number) => new Uint8Array(Math.ceil(D / BLOCK)).fill(gridByte(z))
const terms = (contributor = 0, round = 0): ContributorTerms => ({
  runSeed: 9,
  round,
  block: BLOCK,
  slices,
  learningRate: Math.fround(0.01),
  units: units(0.25),
  contributor,
})
const decided = (...counted: boolean[]) => ({ kind: 'decided', counted }) as const
const ramp = (factor: number) => Float32Array.from({ length: D }, (_, i) => factor * (i - 70))

function tallyOf(ballots: readonly Ballot[]): MergedTally {
  return {
    d: D,
    block: BLOCK,
    slices: slices.map((slice) =>
      tallySlice(
        slice,
        BLOCK,
        ballots.map((ballot, n) => cutBallot(ballot, slice, BLOCK, n)),
      ),
    ),
  }
}

describe.each(ALL)('$id', (settings) => {
  const method = createMethod(settings, layout, BLOCK)
  const { contributor, coordinator } = method

  it('changes no state by casting, nor by a void round', () => {
    const state = contributor.init()
    const before = structuredClone(state)
    const { pending } = contributor.cast(state, ramp(1), terms())
    contributor.settle(state, pending, { kind: 'void' }, terms())
    expect(state).toEqual(before)
  })
  it('casts the same ballot again from the same state and gradient', () => {
    const cast = () => contributor.cast(contributor.init(), ramp(1), terms()).sent
    expect(cast()).toEqual(cast())
  })
  it('leaves void slices at δ = 0 and their state untouched', () => {
    const ballot = contributor.cast(contributor.init(), ramp(1), terms()).sent
    const state = coordinator.init()
    const verdict = coordinator.decide(state, tallyOf([ballot]), {
      ...terms(),
      valid: [false, true],
    })
    expect(verdict.valid).toEqual([false, true])
    const untouched = coordinator.init()
    coordinator.decide(untouched, tallyOf([ballot]), { ...terms(), valid: [false, false] })
    const bytes = coordinator.save(state)
    const fresh = coordinator.save(untouched)
    expect(bytes.slice(0, 1 + 4 * 128)).toEqual(fresh.slice(0, 1 + 4 * 128))
  })
  it('restores the state it saved, to the bit, and refuses other bytes', () => {
    const ballot = contributor.cast(contributor.init(), ramp(1), terms()).sent
    const state = coordinator.init()
    const at = { ...terms(), valid: [true, true] }
    coordinator.decide(state, tallyOf([ballot]), at)
    const saved = coordinator.save(state)
    const restored = coordinator.restore(saved)
    expect(coordinator.save(restored)).toEqual(saved)
    expect(coordinator.units(restored)).toEqual(coordinator.units(state))
    expect(coordinator.decide(restored, tallyOf([ballot]), at)).toEqual(
      coordinator.decide(state, tallyOf([ballot]), at),
    )
    expect(() => coordinator.restore(new Uint8Array(saved.length + 1))).toThrow(SavedStateError)
    expect(() => coordinator.restore(Uint8Array.of(7))).toThrow(SavedStateError)
  })
})

describe('zeros and ties', () => {
  it('a contributor tosses its own coin for 0 and −0', () => {
    const { contributor } = createMethod({ id: 'signsgd-mv', ...coin }, layout, BLOCK)
    const zeros = Float32Array.from({ length: D }, (_, i) => (i % 2 ? 0 : -0))
    const { signs } = contributor.cast(null, zeros, terms(3, 8)).sent
    for (let i = 0; i < D; i++) expect(signAt(signs, i)).toBe(coinAt(9, 8, 3, i) ? 1 : -1)
  })
  it('the coordinator tosses for a tie, and only for a tie', () => {
    const { coordinator } = createMethod({ id: 'signsgd-mv', ...coin }, layout, BLOCK)
    const half = Float32Array.from({ length: D }, (_, i) => (i < 80 ? 1 : -1))
    const ballots = [new Float32Array(D).fill(1), half].map((values) => ({
      kind: 'ballot' as const,
      signs: packSigns(values, 'plus'),
      weights: null,
    }))
    const at = { ...terms(0, 8), valid: [true, true] }
    const verdict = coordinator.decide(null, tallyOf(ballots), at)
    if (verdict.kind !== 'signs') throw new Error(`a verdict of ${verdict.kind}`)
    for (let i = 0; i < D; i++) {
      expect(signAt(verdict.signs, i)).toBe(i < 80 || coinAt(9, 8, null, i) ? 1 : -1)
    }
  })
  it('the bits of a void slice and the padding are 0', () => {
    const { coordinator } = createMethod({ id: 'signsgd-mv', ...coin }, layout, BLOCK)
    const plus = {
      kind: 'ballot' as const,
      signs: packSigns(new Float32Array(D).fill(1), 'plus'),
      weights: null,
    }
    const at = { ...terms(), valid: [true, false] }
    const verdict = coordinator.decide(null, tallyOf([plus]), at)
    expect(verdict.kind === 'signs' && [...verdict.signs]).toEqual(
      [-1, -1, -1, -1, 0].map((x) => x >>> 0),
    )
  })
})

describe('signum-mv', () => {
  it('commits the momentum of counted slices only', () => {
    const { contributor } = createMethod({ id: 'signum-mv', beta: 0.9, ...coin }, layout, BLOCK)
    const state = contributor.init() as { m: FloatVector }
    const { pending } = contributor.cast(state, new Float32Array(D).fill(1), terms())
    contributor.settle(state, pending, decided(false, true), terms())
    expect([state.m[0], state.m[127], state.m[128]]).toEqual([0, 0, Math.fround(1 - 0.9)])
  })
})

describe('ssdm', () => {
  const settings = { id: 'ssdm', beta: 0.9, norm: 'l2' } as const

  it('takes the gradient itself until its first ballot is counted, slice by slice', () => {
    const { contributor } = createMethod(settings, layout, BLOCK)
    const state = contributor.init() as { m: FloatVector }
    const first = contributor.cast(state, new Float32Array(D).fill(2), terms())
    contributor.settle(state, first.pending, decided(true, false), terms())
    expect([state.m[0], state.m[D - 1]]).toEqual([2, 0])
    const second = contributor.cast(state, new Float32Array(D).fill(1), terms(0, 1))
    contributor.settle(state, second.pending, decided(true, true), terms(0, 1))
    expect([state.m[0], state.m[D - 1]]).toEqual([Math.fround(0.9 * 2 + (1 - 0.9)), 1])
  })
  it('votes 0 with an all-zero vector, and is counted in P', () => {
    const { contributor, coordinator } = createMethod(settings, layout, BLOCK)
    const still = contributor.cast(contributor.init(), new Float32Array(D), terms(1)).sent
    expect([...(still.weights ?? [])]).toEqual([0, 0, 0])
    const plus = {
      kind: 'ballot' as const,
      signs: packSigns(new Float32Array(D).fill(1), 'plus'),
      weights: null,
    }
    const at = { ...terms(), valid: [true, true] }
    const verdict = coordinator.decide(null, tallyOf([plus, still]), at)
    if (verdict.kind !== 'sums') throw new Error(`a verdict of ${verdict.kind}`)
    expect(new Set(verdict.sums)).toEqual(new Set([1]))
    const half = at.learningRate / 2
    expect([...(verdict.tables[0] ?? [])]).toEqual(
      [-2, -1, 0, 1, 2].map((k) => Math.fround(half * k) + 0),
    )
  })
  it('has a table for each number of voters', () => {
    const { coordinator } = createMethod(settings, layout, BLOCK)
    const plus = {
      kind: 'ballot' as const,
      signs: packSigns(new Float32Array(D).fill(1), 'plus'),
      weights: null,
    }
    const [both] = tallyOf([plus, plus]).slices
    const [, one] = tallyOf([plus]).slices
    if (!both || !one) throw new Error('no slices')
    const tally = { d: D, block: BLOCK, slices: [both, one] }
    const verdict = coordinator.decide(null, tally, { ...terms(), valid: [true, true] })
    if (verdict.kind !== 'sums') throw new Error(`a verdict of ${verdict.kind}`)
    expect(verdict.tables.map((table) => table.length)).toEqual([5, 3])
    expect([...verdict.tableOf]).toEqual([0, 1])
  })
  it('refuses a weight above 1, which would step out of the table', () => {
    const { coordinator } = createMethod(settings, layout, BLOCK)
    const loud = {
      kind: 'ballot' as const,
      signs: new Uint32Array(5),
      weights: Uint8Array.of(1, 1, 15),
    }
    const at = { ...terms(), valid: [true, true] }
    expect(() => coordinator.decide(null, tallyOf([loud]), at)).toThrow(RangeError)
  })
  it('draws from another stream for another contributor', () => {
    const { contributor } = createMethod(settings, layout, BLOCK)
    const cast = (n: number) => contributor.cast(contributor.init(), ramp(1), terms(n)).sent.signs
    expect(cast(1)).not.toEqual(cast(2))
  })
})

describe('ef-vote', () => {
  const { contributor, coordinator } = createMethod(efSettings, layout, BLOCK)
  const owed = () => contributor.init() as { e: FloatVector }

  it('owes nothing of what was sent in full, and the whole claim where it was not counted', () => {
    const state = owed()
    const { sent: ballot, pending } = contributor.cast(
      state,
      new Float32Array(D).fill(1.75),
      terms(),
    )
    expect([...(ballot.weights ?? [])]).toEqual([7, 7, 7])
    contributor.settle(state, pending, decided(true, false), terms())
    expect([state.e[0], state.e[127], state.e[128], state.e[D - 1]]).toEqual([0, 0, 1.75, 1.75])
  })
  it('never owes more than K·W units, counted or not', () => {
    const huge = Float32Array.from({ length: D }, (_, i) => (i % 2 ? 1e30 : -1e30))
    for (const counted of [true, false]) {
      const state = owed()
      const { pending } = contributor.cast(state, huge, terms())
      contributor.settle(state, pending, decided(counted, counted), terms())
      expect([state.e[0], state.e[1]]).toEqual([-37.5, 37.5])
    }
  })
  it('takes the mean of a short last block over its real coordinates', () => {
    const gradient = new Float32Array(D)
    gradient.fill(1, 128)
    const { weights } = contributor.cast(owed(), gradient, terms()).sent
    expect([...(weights ?? [])]).toEqual([0, 0, 4])
  })
  it('keeps every slice within the loudness budget', () => {
    const spiky = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), {
      minLength: D,
      maxLength: D,
    })
    fc.assert(
      fc.property(spiky, (values) => {
        const { weights } = contributor.cast(owed(), Float32Array.from(values), terms()).sent
        const [a = 0, b = 0, c = 0] = weights ?? []
        expect(a + b).toBeLessThanOrEqual(15)
        expect(c).toBeLessThanOrEqual(7)
      }),
    )
  })
  describe('that clips bursts', () => {
    const clipping = createMethod(
      { ...efSettings, clip: 4 } as VotingSettings,
      layout,
      BLOCK,
    ).contributor
    const after = (...sizes: number[]) => {
      const state = clipping.init()
      for (const size of sizes) {
        const { pending } = clipping.cast(state, new Float32Array(D).fill(size), terms())
        clipping.settle(state, pending, decided(true, true), terms())
      }
      return state
    }
    const cast = (state: unknown, size: number) =>
      (clipping.cast(state, new Float32Array(D).fill(size), terms()).pending as { p: FloatVector })
        .p[0]

    it('scales a gradient down to four times its own usual size, and no other', () => {
      const state = after(0.25, 0.25, 0.5)
      expect(cast(state, 1)).toBe(1)
      expect(cast(state, 1e6)).toBe(1)
      expect(cast(state, -1e6)).toBe(-1)
      expect(cast(clipping.init(), 1e6)).toBe(1e6)
    })
    it('forgets a burst, and takes for usual what stays', () => {
      expect(cast(after(0.25, 0.25, 1e6, 0.25, 0.25), 1e6)).toBe(1)
      expect(cast(after(...Array<number>(9).fill(0.25), ...Array<number>(5).fill(1)), 3)).toBe(3)
    })
    it('takes no change of share for a burst', () => {
      const state = after(0.25, 0.25, 0.25)
      const louder = new Float32Array(D).fill(2)
      const { pending } = clipping.cast(state, louder, { ...terms(), share: 8 })
      expect((pending as { p: FloatVector }).p[0]).toBe(2)
    })
    it('learns from a round in which it was not counted, and scales before the step does', () => {
      const scaled = createMethod(
        { ...efSettings, clip: 4, down: 'scaled' } as VotingSettings,
        layout,
        BLOCK,
      )
      const state = scaled.contributor.init()
      const of = (size: number) =>
        scaled.contributor.cast(state, new Float32Array(D).fill(size), {
          ...terms(),
          learningRate: 0.5,
        })
      scaled.contributor.settle(state, of(0.25).pending, decided(false, false), terms())
      ;(state as { e: FloatVector }).e.fill(0)
      expect((of(1e6).pending as { p: FloatVector }).p[0]).toBe(0.5)
    })
    it('is off where it is null', () => {
      const plain = createMethod({ ...efSettings, clip: null } as VotingSettings, layout, BLOCK)
      const state = plain.contributor.init()
      const first = plain.contributor.cast(state, ramp(1), terms())
      plain.contributor.settle(state, first.pending, decided(true, true), terms())
      const { e } = state as { e: FloatVector }
      const { pending } = plain.contributor.cast(state, ramp(1e6), terms())
      expect((pending as { p: FloatVector }).p[0]).toBe(Math.fround(-70e6 + (e[0] ?? 0)))
    })
    it('is not silenced by having been silent', () => {
      expect(cast(after(0, 0, 0), 2)).toBe(2)
    })
    it('does not learn from a round that was void', () => {
      const state = after(0.25)
      const { pending } = clipping.cast(state, new Float32Array(D).fill(100), terms())
      clipping.settle(state, pending, { kind: 'void' }, terms())
      expect(cast(state, 100)).toBe(1)
    })
  })
  it('refuses to vote in a round without units', () => {
    const at = { ...terms(), units: null }
    expect(() => contributor.cast(owed(), ramp(1), at)).toThrow(RangeError)
  })

  const ballotOf = (...weights: number[]): Ballot => ({
    kind: 'ballot',
    signs: new Uint32Array(5),
    weights: Uint8Array.from(weights),
  })
  const unitsAfter = (...ballots: Ballot[]) => {
    const at = { ...terms(), valid: [true, true] }
    return coordinator.decide(coordinator.init(), tallyOf(ballots), at).nextUnits
  }

  it('halves the units while nobody speaks', () => {
    expect(unitsAfter(ballotOf(0, 0, 0), ballotOf(0, 0, 0))).toEqual(units(0.125))
  })
  it('at most doubles a unit, and takes the mean of the middle two of an even count', () => {
    expect(unitsAfter(ballotOf(15, 15, 15))).toEqual(units(0.5))
    const even = unitsAfter(ballotOf(3, 3, 3), ballotOf(4, 4, 4))
    expect(even).toEqual(units((4 * 0.25 * 3.5) / 15))
    expect(even).not.toEqual(unitsAfter(ballotOf(3, 3, 3)))
  })
  it('keeps the units of a void slice, and its momentum', () => {
    const state = coordinator.init()
    const at = { ...terms(), valid: [false, true] }
    const verdict = coordinator.decide(state, tallyOf([ballotOf(0, 0, 0)]), at)
    expect([...(verdict.nextUnits ?? [])]).toEqual([0, 0, -4].map((k) => gridByte(0.25) + k))
    expect(coordinator.units(state)).toEqual(verdict.nextUnits)
  })
  it('announces κ·median/W for every block after calibration', () => {
    const state = coordinator.init()
    expect(coordinator.units(state)).toBeNull()
    const announced = coordinator.calibrate(state, [1, 100, 2, 3])
    expect(announced).toEqual(units((4 * 2.5) / 15))
    expect(coordinator.units(state)).toEqual(announced)
  })
  it('reports the mean over blocks of the mean size, as a float32', () => {
    const gradient = new Float32Array(D)
    gradient.fill(-0.3, 128)
    expect(contributor.loudness(gradient, terms())).toBe(Math.fround(Math.fround(0.3) / 3))
  })
  it('tosses a coin where the momentum is exactly zero', () => {
    const at = { ...terms(), valid: [true, true] }
    const verdict = coordinator.decide(coordinator.init(), tallyOf([ballotOf(0, 0, 0)]), at)
    if (verdict.kind !== 'signs') throw new Error(`a verdict of ${verdict.kind}`)
    for (let i = 0; i < D; i++) {
      expect(signAt(verdict.signs, i)).toBe(coinAt(9, 0, null, i) ? 1 : -1)
    }
  })
})
