/** What must hold of a world whatever was done to it. */
import type { LedgerEntry } from '@quorate/coordinator/training/ports'
import { PlainParameters } from '@quorate/client/trainer/plain-parameters'
import { Replica } from '@quorate/client/trainer/replica'
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import { splitFrames } from '@quorate/shared/wire/frame'
import type { Volunteer, World } from './world.ts'

/** A small run: one class a shard, nothing evaluated on the way. */
export const smallRun: RunSettingsInput = {
  name: 'world',
  dataSet: 'synthetic',
  seed: 5,
  rounds: 100_000,
  model: { kind: 'mlp', hidden: [8] },
  method: { id: 'ef-vote' },
  partition: { kind: 'label' },
  shards: 4,
  batch: 8,
  learningRate: 0.02,
  block: 64,
  minRoundMs: 50,
  evaluateEvery: 10_000,
}

/**
 * Round and digest of the coordinator's replica and of everyone's in `of`, each distinct one once;
 * taken with the run paused, so that every verdict has arrived.
 */
export async function replicas(
  world: World,
  run: string,
  of: readonly Volunteer[] = world.volunteers,
): Promise<string[]> {
  const { training } = world
  if (!training) throw new Error('no coordinator to compare with')
  const running = ['waiting', 'calibrating', 'training'].includes(training.run(run).state.kind)
  if (running) await training.pause(run)
  await world.clock.advance(1000)
  const { round, digest } = training.replica(run)
  const all = [`${round} ${digest}`]
  for (const { trainer } of of) {
    const mine = await trainer.digest()
    all.push(`${mine.round} ${mine.digest}`)
  }
  if (running) await training.resume(run)
  return [...new Set(all)]
}

/** Digest of checkpoint 0 with every frame of the ledger applied. */
export async function replayed(world: World, run: string): Promise<string> {
  const training = world.training
  if (!training) throw new Error('no coordinator to compare with')
  const [stored] = (await world.store.listRuns()).filter(({ id }) => id === run)
  const [first] = await world.store.checkpoints(run)
  if (!stored || first?.round !== 0) throw new Error('there is no checkpoint 0')
  const shape = {
    run: stored.number,
    d: training.replica(run).parameters.length,
    block: stored.settings.block,
  }
  const parameters = new PlainParameters(shape.block)
  const replica = await Replica.load(await world.blobs.get(first.blob), shape, parameters)
  for (const frame of splitFrames(await training.ledger(run, 0))) await replica.apply(frame)
  return `${replica.round} ${await replica.digest()}`
}

/** Why the ledger cannot be one of rounds decided once each, in attempts used once each. */
export function ledgerFaults(entries: readonly Pick<LedgerEntry, 'round' | 'attempt'>[]): string[] {
  const faults: string[] = []
  entries.forEach(({ round, attempt }, at) => {
    const before = entries[at - 1]
    if (!before) return
    const opening = at === 1 && before.round === 0 && round === 0
    if (round !== before.round + 1 && !opening) faults.push(`${before.round} then ${round}`)
    if (attempt <= before.attempt) faults.push(`attempt ${before.attempt} then ${attempt}`)
  })
  return faults
}

/** Chunks that two contributors drew a batch from in one attempt. */
export function doubleDraws({ drawn }: World): string[] {
  const drawer = new Map<string, number>()
  const twice: string[] = []
  for (const { attempt, volunteer, chunk } of drawn) {
    const before = drawer.get(`${attempt} ${chunk}`) ?? volunteer
    if (before !== volunteer) twice.push(`attempt ${attempt}: ${before} and ${volunteer}, ${chunk}`)
    drawer.set(`${attempt} ${chunk}`, volunteer)
  }
  return twice
}

/** Codes of the run's events, oldest first. */
export async function eventCodes(world: World, run: string): Promise<string[]> {
  return (await world.store.events(run, 10_000)).map(({ code }) => code).reverse()
}
