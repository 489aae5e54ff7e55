import type { RunState } from '@quorate/shared/run/state'
import type { Tone } from './tone.ts'

export function runTone(state: RunState): Tone {
  switch (state.kind) {
    case 'created':
    case 'finished':
      return 'calm'
    case 'waiting':
      return 'warn'
    case 'calibrating':
    case 'training':
      return 'busy'
    case 'paused':
      return state.by === 'fault' ? 'bad' : 'warn'
  }
}
