/** One seed is one story; and each checker sees what it is there for. */
import { encodeRecord, decodeRecord } from '@quorate/shared/wire/record'
import { decodeFrame, encodeFrame } from '@quorate/shared/wire/frame'
import { describe, expect, test } from 'vitest'
import { accuracyRises } from './checkers/accuracy.ts'
import { nobodyBlamed } from './checkers/blame.ts'
import { CHECKERS } from './checkers/checkers.ts'
import { countedOnce } from './checkers/counted-once.ts'
import { equalDigests } from './checkers/digests.ts'
import type { Evidence } from './checkers/evidence.ts'
import { sizeOf } from './checkers/size-of.ts'
import { talliesExact } from './checkers/tallies.ts'
import { neverKilled } from './checkers/unkilled.ts'
import { verdictsStand } from './checkers/verdicts.ts'
import { drawScenario } from './draw-scenario.ts'
import { playScenario, runScenario } from './run-scenario.ts'

/** One with ballots, where the changes planted below still decode. */
const SEED = 29
const LEARNING_SEED = 20

describe('a seed', () => {
  test.each([SEED, 10, 9])('gives the same story and report each time (%i)', async (seed) => {
    const stories = [0, 1].map(async () => {
      const story: string[] = []
      const report = await runScenario(drawScenario(seed), (atMs, text) => {
        story.push(`${atMs} ${text}`)
      })
      return JSON.stringify({ report, story })
    })
    const [one, other] = await Promise.all(stories)
    expect(other).toBe(one)
  })

  test('is a scenario of its own', () => {
    const scenarios = Array.from({ length: 200 }, (_, seed) => JSON.stringify(drawScenario(seed)))
    expect(new Set(scenarios).size).toBe(200)
    expect(JSON.stringify(drawScenario(7))).toBe(scenarios[7])
  })
})

/** Evidence with the entry at `at` changed. */
function withEntry(
  evidence: Evidence,
  at: number,
  change: (entry: Evidence['witness']['entries'][number]) => object,
): Evidence {
  const { witness } = evidence
  const entries = witness.entries.map((entry, n) =>
    n === at ? { ...entry, ...change(entry) } : entry,
  )
  const seen = Object.create(witness, { entries: { value: entries } }) as typeof witness
  // Its private parts are those of the real one.
  for (const name of ['cast', 'payloads'] as const) {
    Object.defineProperty(seen, name, { value: witness[name].bind(witness) })
  }
  return { ...evidence, witness: seen }
}

const turned = (bytes: Uint8Array, at: number) => {
  const copy = bytes.slice()
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

describe('a checker', async () => {
  const { evidence } = await playScenario(drawScenario(SEED))
  const last = evidence.witness.entries.length - 1

  test.each(Object.keys(CHECKERS))('finds nothing wrong where nothing is: %s', (name) => {
    expect(CHECKERS[name]?.(evidence)).toEqual([])
  })

  test('sees a round that is decided twice, and a vote of one who has cast none', () => {
    const again = withEntry(evidence, last, ({ round }) => ({ round: round - 1 }))
    expect(countedOnce(again)).not.toEqual([])
    const ofAnother = withEntry(evidence, last, ({ attempt }) => ({ attempt: attempt + 1000 }))
    expect(countedOnce(ofAnother).join()).toContain('has cast nothing')
  })

  test('sees a tally that is not the sum of its ballots', () => {
    const wrong = withEntry(evidence, last, ({ record }) => {
      const decoded = decodeRecord(record, sizeOf(evidence))
      if (decoded.kind !== 'round') throw new Error('a seed with ballots')
      const [plane] = decoded.tally.slices[0]?.planes ?? []
      if (plane) plane[0] = (plane[0] as number) ^ 1
      return { record: encodeRecord(decoded) }
    })
    expect(talliesExact(wrong)).toHaveLength(1)
  })

  test('sees a verdict that is another than what the ballots give', () => {
    const other = withEntry(evidence, last, ({ frame }) => {
      const { header, payload } = decodeFrame(frame)
      return { frame: encodeFrame(header, turned(payload, payload.length - 1)) }
    })
    expect(neverKilled(other).join()).toContain('was decided otherwise')
    expect(verdictsStand(other).join()).toContain('sent otherwise than recorded')
  })

  test('sees a replica that differs, during the run and at its end', () => {
    const { witness } = evidence
    const digest = '0'.repeat(64)
    const seen = Object.create(witness, {
      digests: { value: [...witness.digests, { who: 'contributor 9', round: 3, digest }] },
    }) as typeof witness
    expect(equalDigests({ ...evidence, witness: seen })).toHaveLength(1)
    expect(neverKilled({ ...evidence, replicas: [`3 ${digest}`] })).toHaveLength(1)
  })

  test('sees a strike against somebody honest, and not one against a liar', () => {
    const { witness, players } = evidence
    const of = (who: number) => ({ who, code: 'TOO_MANY_STRIKES', detail: '', fatal: true })
    const seen = Object.create(witness, {
      complaints: { value: players.map(({ place }) => of(place)) },
    }) as typeof witness
    const honest = players.filter((player) => player.honest)
    expect(nobodyBlamed({ ...evidence, witness: seen })).toHaveLength(honest.length)
  })

  test('sees a run that has learnt nothing', async () => {
    const learnt = await playScenario(drawScenario(LEARNING_SEED))
    expect(accuracyRises(learnt.evidence)).toEqual([])
    const parameters = learnt.evidence.parameters.map(() => 0)
    expect(accuracyRises({ ...learnt.evidence, parameters })).toHaveLength(1)
  })
})
