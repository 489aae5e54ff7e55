/** What the names of all marks begin with. */
const PREFIX = 'quorate:'

/**
 * Leaves a mark in the timeline of this page or worker (User Timing): profilers show it, and who
 * observes `mark` entries hears of it. It is taken out of the timeline's buffer at once, which
 * would otherwise grow with every round.
 */
export function markTimeline(name: string, round: number): void {
  performance.mark(PREFIX + name, { detail: { round } })
  performance.clearMarks(PREFIX + name)
}
