import type { RunView } from '@quorate/shared/api/api'
import type { RunAction } from '../../live/api.ts'

export type PossibleAction = RunAction | 'remove'

/** What an operator can do with a run as it stands; the likeliest first. */
export function possibleActions({
  state,
  d,
}: Pick<RunView, 'state' | 'd'>): readonly PossibleAction[] {
  // Without parameters: the server could not open it.
  if (d === 0) return ['remove']
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
