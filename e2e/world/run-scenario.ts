/** Plays a scenario on the virtual clock, from the first page to the last timer, and judges it. */
import { heal, schedule } from './act-out.ts'
import { replicas } from './checks.ts'
import { CHECKERS } from './checkers/checkers.ts'
import type { Evidence } from './checkers/evidence.ts'
import { Bounds } from './checkers/bounds.ts'
import { Deadlines } from './checkers/deadlines.ts'
import type { Report } from './report.ts'
import { reportOf } from './report.ts'
import type { Scenario } from './scenario.ts'
import type { Trace } from './stage.ts'
import { Stage } from './stage.ts'

/** Of the world's clock: how long more the rounds of a scenario are waited for. */
const PLAY_MS = 60_000
/** After the faults: so many more rounds, within so long. A lease lasts a minute. */
const MORE_ROUNDS = 5
const RECOVERY_MS = 300_000
const CALM_DOWN_MS = 7000
/** What still waits when everyone has left is over after this. */
const LEAVE_MS = 120_000

/** The same scenario gives the same report, to the byte. `trace` hears what happens when. */
export async function runScenario(scenario: Scenario, trace: Trace = () => {}): Promise<Report> {
  const { report } = await playScenario(scenario, trace)
  return report
}

/** The report, and the evidence that it was made of. */
export async function playScenario(
  scenario: Scenario,
  trace: Trace = () => {},
): Promise<{ report: Report; evidence: Evidence }> {
  const stage = new Stage(scenario, trace)
  await stage.open()
  const found: string[] = []
  const watchers = [new Deadlines(stage), new Bounds(stage)]
  for (const player of stage.players) {
    stage.world.clock.after(player.person.joinsAtMs, () => player.open(false))
  }
  schedule(stage)
  await play(stage, found)
  const evidence = await gather(stage)
  for (const watcher of watchers) found.push(...watcher.end())
  for (const [name, check] of Object.entries(CHECKERS)) {
    found.push(...check(evidence).map((fault) => `${name}: ${fault}`))
  }
  found.push(...(await close(stage)))
  for (const fault of found) stage.trace(fault)
  return { report: reportOf(stage, evidence, found), evidence }
}

/** Until the faults are over, and training has gone on after them. */
async function play(stage: Stage, found: string[]): Promise<void> {
  const { scenario, world } = stage
  const { clock } = world
  await clock.advance(scenario.spanMs)
  // Where too many have gone for good there are no more rounds until they are back.
  await clock.until(() => stage.round >= scenario.rounds, PLAY_MS).catch(() => undefined)
  stage.healed = true
  heal(stage)
  const from = stage.round
  const goesOn = () => stage.training !== null && stage.round >= from + MORE_ROUNDS
  await clock.until(goesOn, RECOVERY_MS).catch(() => {
    const state = JSON.stringify(stage.training?.run(stage.runId).state ?? 'no coordinator')
    found.push(`liveness: no more rounds after the faults; ${stage.round} rounds, ${state}`)
  })
}

/** Pauses the run, so that every verdict has arrived, and looks at everything once. */
async function gather(stage: Stage): Promise<Evidence> {
  const { world, runId, witness, scenario, training } = stage
  if (!training) throw new Error('there is no coordinator to look at')
  await training.pause(runId)
  await world.clock.advance(CALM_DOWN_MS)
  const present = stage.players.flatMap(({ volunteer }) => {
    const taking = volunteer && volunteer.view.status.kind !== 'failed'
    return taking && volunteer.view.me ? [volunteer] : []
  })
  const [stored] = await world.store.listRuns()
  const checkpoints = await world.store.checkpoints(runId)
  const [first] = checkpoints
  if (!stored || !first) throw new Error('there is no run')
  return {
    ...{ scenario, witness, checkpoints },
    settings: stored.settings,
    runNumber: stored.number,
    shape: world.data.train.shape,
    evaluate: (parameters) => world.data.evaluate(stored.settings.model, parameters),
    replicas: await replicas(world, runId, present),
    parameters: training.replica(runId).parameters,
    players: stage.players,
    contributors: training.contributors(runId).length,
    events: await world.store.events(runId, 10_000),
  }
}

/** Everyone leaves and the coordinator ends: nothing may be left that waits. */
async function close(stage: Stage): Promise<string[]> {
  for (const player of stage.players) await player.leave()
  await stage.world.clock.advance(CALM_DOWN_MS)
  await stage.world.kill()
  await stage.world.clock.advance(LEAVE_MS)
  const { pending } = stage.world.clock
  return pending === 0 ? [] : [`leaks: ${pending} timers when everyone had left`]
}
