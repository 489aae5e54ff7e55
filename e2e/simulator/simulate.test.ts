import { HEADER_BYTES } from '@quorate/shared/wire/frame'
import { ballotPayloadBytes } from '@quorate/shared/wire/ballot'
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import { describe, expect, test } from 'vitest'
import type { SimulationSettings } from './settings.ts'
import { ATTACKS, simulationSettings } from './settings.ts'
import type { Progress } from './simulate.ts'
import { simulate } from './simulate.ts'
import { shardsOf } from './shards.ts'
import { SharedChunks } from './data.ts'
import { smallData } from './small-data.fixture.ts'

const data = smallData()

type Crowd = Partial<Omit<SimulationSettings, 'run'>>

/** Four contributors, one kind of image each, 40 rounds. */
function small(crowd: Crowd = {}, run: Partial<RunSettingsInput> = {}): SimulationSettings {
  return simulationSettings.parse({
    contributors: 4,
    ...crowd,
    run: {
      name: 'Small',
      dataSet: 'small',
      seed: 5,
      rounds: 40,
      model: { kind: 'mlp', hidden: [8] },
      method: { id: 'ef-vote' },
      partition: { kind: 'label' },
      shards: 4,
      batch: 16,
      learningRate: 0.02,
      ...run,
    },
  })
}

const json = async (settings: SimulationSettings) => JSON.stringify(await simulate(settings, data))

describe('a simulation', () => {
  test('learns, and says so at every evaluation', async () => {
    const seen: Progress[] = []
    const result = await simulate(small(), data, (progress) => seen.push(progress))
    expect(result.finalAccuracy).toBeGreaterThan(0.9)
    expect(result.bestAccuracy).toBeGreaterThanOrEqual(result.finalAccuracy)
    expect(result.curve.map(({ round }) => round)).toEqual([0, 10, 20, 30, 40])
    expect(seen.map(({ round }) => round)).toEqual(Array.from({ length: 40 }, (_, t) => t + 1))
    const reached = result.curve.find(({ accuracy }) => accuracy >= 0.9)
    expect(result.roundsTo['0.9']).toBe(reached?.round)
    expect(result.bytesTo['0.9']).toBe((reached?.upBytes ?? 0) + (reached?.downBytes ?? 0))
    expect(result).toMatchObject({ ballots: 160, abstained: 0, refused: {}, stopped: null })
  })

  test('gives the same bytes for the same seed, and others for another', async () => {
    const crowd: Crowd = { sample: 3, churn: 0.1, adversaries: 0.25, attack: 'random' }
    const once = await json(small(crowd))
    expect(await json(small(crowd))).toBe(once)
    expect(await json(small(crowd, { seed: 6 }))).not.toBe(once)
  })

  test('counts ballots and verdicts as they are encoded', async () => {
    const { d, curve } = await simulate(small({}, { method: { id: 'signsgd-mv' } }), data)
    const ballot = HEADER_BYTES + ballotPayloadBytes(d, 256, false)
    // u8 kind, u8 slices, u8 flag, the valid slice, f32 step
    const verdict = HEADER_BYTES + 8 + Math.ceil(d / 8)
    expect(curve.at(-1)).toMatchObject({
      upBytes: 40 * 4 * ballot,
      downBytes: 40 * 4 * verdict,
    })
  })

  test.each<RunSettingsInput['method']>([
    { id: 'signsgd-mv' },
    { id: 'signum-mv' },
    { id: 'ssdm', norm: 'linf-block' },
    { id: 'ef-vote', kappa: 8, tau: null },
  ])('takes every method, and learns where shards are alike: $id $norm', async (method) => {
    const run = { method, partition: { kind: 'iid' } as const }
    const { finalAccuracy, stopped } = await simulate(small({}, run), data)
    expect(finalAccuracy).toBeGreaterThan(0.5)
    expect(stopped).toBeNull()
  })

  test('takes ssdm, whose loss falls on the average of its noise', async () => {
    const run = {
      method: { id: 'ssdm' as const },
      partition: { kind: 'iid' as const },
      rounds: 300,
    }
    const { curve } = await simulate(small({}, run), data)
    const meanLoss = (points: typeof curve) =>
      points.reduce((sum, { loss }) => sum + (loss ?? NaN), 0) / points.length
    expect(meanLoss(curve.slice(-10))).toBeLessThan(0.7 * (curve[0]?.loss ?? NaN))
  })

  test('trains convolutions, takes local steps, and divides shards', async () => {
    const run = {
      rounds: 3,
      model: { kind: 'cnn' as const },
      localSteps: 2,
      partition: { kind: 'shared' as const },
      shards: 1,
    }
    const result = await simulate(small({ contributors: 3 }, run), data)
    expect(result.curve.at(-1)?.round).toBe(3)
    // Four shards of one chunk each, for two contributors.
    const few = await simulate(small({ contributors: 2 }, { rounds: 3 }), data)
    expect(few.ballots).toBe(6)
  })

  test('refuses more contributors than there is data for', async () => {
    await expect(simulate(small({ contributors: 5 }), data)).rejects.toMatchObject({
      code: 'SETTINGS_NOT_POSSIBLE',
    })
  })

  test('stops, and says why, when no gradient is finite any more', async () => {
    const run = { localSteps: 100, localLearningRate: 100, weightDecay: 1 }
    const result = await simulate(small({}, run), data)
    expect(result.stopped).toMatchObject({ round: 0 })
    expect(result).toMatchObject({ ballots: 0 })
    expect(JSON.stringify(result)).not.toContain('NaN')
  })
})

describe('the crowd', () => {
  test('a sample of two asks two of four, not always the same', async () => {
    const result = await simulate(small({ sample: 2 }, { rounds: 200 }), data)
    expect(result.ballots).toBe(400)
    // With one kind each, the same two could not teach four kinds.
    expect(result.finalAccuracy).toBeGreaterThan(0.6)
    const { curve } = await simulate(small({ sample: 2 }, { method: { id: 'signsgd-mv' } }), data)
    const all = await simulate(small({}, { method: { id: 'signsgd-mv' } }), data)
    const last = curve.at(-1)
    // Who was away fetches what it missed: half the ballots, more than half of the verdicts.
    expect(last?.upBytes).toBe((all.curve.at(-1)?.upBytes ?? 0) / 2)
    expect(last?.downBytes).toBeGreaterThan((all.curve.at(-1)?.downBytes ?? 0) / 2)
  })

  test('newcomers take the place of those who leave, fetch a checkpoint, and training goes on', async () => {
    const stays = await simulate(small(), data)
    const result = await simulate(small({ churn: 0.3 }), data)
    expect(result.ballots).toBe(160)
    expect(result.finalAccuracy).toBeGreaterThan(0.6)
    expect(result.digest).not.toBe(stays.digest)
    expect(result.curve.at(-1)?.downBytes).toBeGreaterThan(stays.curve.at(-1)?.downBytes ?? 0)
  })

  test.each(ATTACKS)('the attack %s changes the run and is not refused', async (attack) => {
    const honest = await simulate(small(), data)
    const attacked = await simulate(small({ adversaries: 0.25, attack }), data)
    expect(attacked.digest).not.toBe(honest.digest)
    expect(attacked).toMatchObject({ ballots: 160, refused: {}, stopped: null })
  })

  test('a lone class is one shard by itself, and the partition cuts the rest', async () => {
    const settings = small({ loneClass: 2 }, { partition: { kind: 'iid' }, rounds: 1 })
    const shards = await shardsOf(settings, data, new SharedChunks())
    expect(shards.map(({ shard }) => shard)).toEqual([0, 1, 2, 3])
    expect(shards.map(({ labels }) => labels[2])).toEqual([100, 0, 0, 0])
    expect(shards[0]?.labels).toEqual([0, 0, 100, 0])
    const rest = shards.slice(1).map(({ labels }) => labels.reduce((sum, count) => sum + count, 0))
    expect(rest).toEqual([100, 100, 100])
  })

  test('accuracy by class adds up to the accuracy', async () => {
    const { classAccuracy, finalAccuracy } = await simulate(small({}, { rounds: 5 }), data)
    expect(classAccuracy).toHaveLength(4)
    const mean = classAccuracy.reduce((sum, each) => sum + each, 0) / 4
    expect(mean).toBeCloseTo(finalAccuracy, 9)
  })

  test('liars in the majority win', async () => {
    const { finalAccuracy } = await simulate(small({ adversaries: 1, attack: 'flip' }), data)
    expect(finalAccuracy).toBeLessThan(0.3)
  })
})
