import type { PausedBy } from './status.ts'

/** Why the tab rests by itself. */
export type RestReason = Exclude<PausedBy, 'me'>

export interface RestWishes {
  readonly pauseOnBattery: boolean
  readonly pauseOnMetered: boolean
}

export interface Surroundings {
  readonly onBattery: boolean
  readonly metered: boolean
}

export function restReason(wishes: RestWishes, around: Surroundings): RestReason | null {
  if (wishes.pauseOnBattery && around.onBattery) return 'battery'
  return wishes.pauseOnMetered && around.metered ? 'metered' : null
}

/**
 * What to do of its own accord. Who went on all the same (`pausedBy` names the reason and the tab
 * is at work) is left alone until the reason ends; a pause by hand ends by hand.
 */
export function restStep(
  reason: RestReason | null,
  now: { readonly pausedBy: PausedBy; readonly atWork: boolean },
): 'pause' | 'rest-over' | 'nothing' {
  if (reason === null) return now.pausedBy === 'me' ? 'nothing' : 'rest-over'
  return now.atWork && now.pausedBy !== reason ? 'pause' : 'nothing'
}
