import type { RunState } from '@quorate/shared/run/state'
import type { RunAction } from '../../live/api.ts'

export type PossibleAction = RunAction | 'remove'

/** What an operator can do with a run in this state; the likeliest first. */
export function possibleActions(state: RunState): readonly PossibleAction[] {
  switch (state.kind) {
    case 'created':
      return ['start', 'remove']
    case 'waiting':
    case 'calibrating':
    case 'training':
      return ['pause', 'stop']
    case 'paused':
      return ['resume', 'stop', 'remove']
    case 'finished':
      return ['again', 'remove']
  }
}
