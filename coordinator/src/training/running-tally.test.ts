import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generator } from '@quorate/shared/random/generator'
import { DoubleVoteError, tallyPlain } from '@quorate/shared/tally/count'
import { RunningTally } from './running-tally.ts'
import { SignRoom } from './sign-room.ts'

const slice = { index: 0, start: 0, end: 100 }
const BLOCK = 64

function ballotsOf(voters: number, seed: number) {
  const random = generator(seed)
  return Array.from({ length: voters }, (_, n) => ({
    contributor: 7 * n,
    signs: Uint32Array.from({ length: 4 }, () => random.uint32()),
    weights: random.below(2) ? Uint8Array.from({ length: 2 }, () => random.below(16)) : null,
  }))
}

describe('a running tally', () => {
  it('is the plain tally of all ballots and tallies, in whatever order they come', () => {
    const any = fc.record({
      voters: fc.oneof(fc.nat(70), fc.constantFrom(0, 63, 64, 1023, 1024, 1100)),
      elsewhere: fc.nat(40),
      seed: fc.nat(),
    })
    fc.assert(
      fc.property(any, ({ voters, elsewhere, seed }) => {
        const ballots = ballotsOf(voters + elsewhere, seed)
        const running = new RunningTally(slice, BLOCK, new SignRoom())
        if (elsewhere > 0) running.addTally(tallyPlain(slice, BLOCK, ballots.slice(voters)))
        for (const ballot of ballots.slice(0, voters).reverse()) running.add(ballot)
        const [result, plain] = [running.result(), tallyPlain(slice, BLOCK, ballots)]
        expect(result.sums).toEqual(plain.sums)
        expect(result.voters).toEqual(plain.voters)
        expect(result.weights).toEqual(plain.weights)
      }),
      { numRuns: 30 },
    )
  })

  it('refuses a contributor that is counted twice, however far apart', () => {
    const ballots = ballotsOf(200, 1)
    const running = new RunningTally(slice, BLOCK, new SignRoom())
    for (const ballot of ballots) running.add(ballot)
    running.add({ ...(ballots[0] as (typeof ballots)[number]) })
    expect(() => running.result()).toThrow(DoubleVoteError)
  })
})
