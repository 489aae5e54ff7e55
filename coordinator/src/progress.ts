import type { RunView } from '@quorate/shared/api/api'

/** One line about a run for the terminal. */
export function progressLine(run: RunView): string {
  const parts = [`${run.settings.name}: round ${run.round} of ${run.settings.rounds}`]
  if (run.accuracy !== null) parts.push(`accuracy ${(100 * run.accuracy).toFixed(1)} %`)
  parts.push(run.ready === 1 ? '1 voter' : `${run.ready} voters`)
  const { state } = run
  switch (state.kind) {
    case 'training':
      if (run.roundMs !== null) parts.push(`${Math.round(run.roundMs)} ms a round`)
      if (run.timeLeftMs !== null) parts.push(`${timeLeft(run.timeLeftMs)} left`)
      break
    case 'waiting':
      parts.push(`waiting for ${state.need - state.have} more`)
      break
    case 'paused':
      parts.push(`paused: ${state.reason}`)
      break
    case 'finished':
      parts.push(`finished (${state.why})`)
      break
    case 'created':
    case 'calibrating':
      parts.push(state.kind)
  }
  return parts.join(' · ')
}

/** `columns` of a terminal, whose last line is written over; null where lines are kept. */
export function shownLine(line: string, columns: number | null): string {
  return columns === null ? `  ${line}\n` : `\r\u001b[2K  ${line}`.slice(0, columns + 4)
}

function timeLeft(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
