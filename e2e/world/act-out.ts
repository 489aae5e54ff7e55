/** How the faults of a scenario are done to its stage. */
import type { Fault } from './scenario.ts'
import type { Stage } from './stage.ts'
import type { Player } from './players.ts'
import { CALM } from './weather.ts'

/** Bytes that a slow reader leaves waiting: so many that verdicts are left out. */
const BACKLOG_BYTES = 8 * 1024 * 1024
const USUAL_DELAY_MS = [1, 20] as const

/** Sets every fault of the scenario on the clock. */
export function schedule(stage: Stage): void {
  const { clock } = stage.world
  for (const fault of stage.scenario.faults) {
    // The disk does these when the write comes.
    if (fault.kind === 'kill-at-write') continue
    clock.after(fault.atMs, () => act(stage, fault))
  }
}

/** Every fault is over, and whoever was gone is back. */
export function heal(stage: Stage): void {
  stage.trace('everything heals')
  stage.spare()
  stage.weather = CALM
  stage.disk = { kind: 'none' }
  for (const player of stage.players) {
    player.offline = false
    player.clock?.thaw()
    player.volunteer?.session.resume()
    if (player.volunteer) recover(player)
    else if (player.honest) player.open(true)
  }
  joinSides(stage)
  operatorResumes(stage)
}

function act(stage: Stage, fault: Exclude<Fault, { kind: 'kill-at-write' }>): void {
  if (stage.healed) return
  const { clock } = stage.world
  const later = (undo: () => void) => {
    if ('forMs' in fault) clock.after(fault.forMs, undo)
  }
  stage.trace(JSON.stringify(fault))
  switch (fault.kind) {
    case 'loss':
    case 'duplicate':
    case 'reorder':
    case 'corrupt': {
      const { kind, share } = fault
      stage.weather = { ...stage.weather, [kind]: share }
      return later(() => (stage.weather = { ...stage.weather, [kind]: 0 }))
    }
    case 'slow-disk':
      stage.disk = { kind: fault.way, delayMs: fault.delayMs }
      return later(() => (stage.disk = { kind: 'none' }))
    default:
      stage.struck.add(fault.kind)
  }
  switch (fault.kind) {
    case 'delay':
      stage.weather = { ...stage.weather, delayMs: fault.mostMs }
      for (const { link } of stage.world.volunteers) link.delayMs = [1, fault.mostMs]
      return later(() => {
        stage.weather = { ...stage.weather, delayMs: 0 }
        for (const { link } of stage.world.volunteers) link.delayMs = USUAL_DELAY_MS
      })
    case 'partition':
      splitSides(stage, new Set(fault.side))
      return later(() => joinSides(stage))
    case 'kill':
      return stage.kill(fault)
    case 'operator-pause':
      operatorPauses(stage)
      return later(() => operatorResumes(stage))
    default: {
      const player = stage.players[fault.who]
      if (player) toOne(stage, player, fault)
    }
  }
}

type PersonalFault = Extract<Fault, { who: number }>

function toOne(stage: Stage, player: Player, fault: PersonalFault): void {
  const { clock } = stage.world
  const later = (undo: () => void) => {
    if ('forMs' in fault) clock.after(fault.forMs, undo)
  }
  const { volunteer } = player
  switch (fault.kind) {
    case 'offline':
      player.offline = true
      volunteer?.link.cut()
      return later(() => (player.offline = false))
    case 'freeze':
      player.clock?.freeze()
      return later(() => player.clock?.thaw())
    case 'pause':
      volunteer?.session.pause()
      return later(() => player.volunteer?.session.resume())
    case 'backlog':
      if (volunteer) volunteer.link.queuedBytes = BACKLOG_BYTES
      return later(() => recover(player))
    case 'reconnect':
      return volunteer?.link.cut()
    case 'leave':
      return void player.leave()
    case 'crash': {
      player.crash()
      const { back } = fault
      if (!back) return
      clock.after(back.afterMs, () => {
        if (!stage.healed) player.open(back.sameTab)
      })
    }
  }
}

function recover({ volunteer }: Player): void {
  if (!volunteer) return
  volunteer.link.queuedBytes = 0
  volunteer.link.delayMs = USUAL_DELAY_MS
}

function splitSides({ world, players }: Stage, side: ReadonlySet<number>): void {
  for (const { a, b } of pairs(players)) {
    if (side.has(a.place) !== side.has(b.place) && a.volunteer && b.volunteer) {
      world.cut(a.volunteer, b.volunteer)
    }
  }
}

function joinSides({ world, players }: Stage): void {
  for (const { a, b } of pairs(players)) {
    if (a.volunteer && b.volunteer) world.heal(a.volunteer, b.volunteer)
  }
}

function pairs(players: readonly Player[]): { a: Player; b: Player }[] {
  return players.flatMap((a, at) => players.slice(at + 1).map((b) => ({ a, b })))
}

function operatorPauses({ training, runId, trace }: Stage): void {
  const running = ['waiting', 'calibrating', 'training']
  if (!training || !running.includes(training.run(runId).state.kind)) return
  // A coordinator that is killed meanwhile never answers.
  training.pause(runId).catch((error: unknown) => trace(String(error)))
}

function operatorResumes({ training, runId, trace }: Stage): void {
  const state = training?.run(runId).state
  if (state?.kind !== 'paused' || state.by !== 'operator') return
  training?.resume(runId).catch((error: unknown) => trace(String(error)))
}
