/** What of a run's settings the learning rate follows from (`RunSettings` has all of it). */
export interface ScheduleSettings {
  /** γ at its highest. */
  readonly learningRate: number
  readonly schedule: 'linear' | 'constant' | 'cosine'
  readonly warmUpRounds: number
  /** T */
  readonly rounds: number
}

/** Linear and cosine decay end, at t = T, at this share of γ. */
const LAST_SHARE = 0.05

/**
 * γ_t of decided round t = 0..T−1: computed in float64 and rounded once to float32. Only the
 * coordinator computes it; everyone else takes the verdict's bits.
 *
 * linear: γ(1 − .95·t/T); cosine: γ(.05 + .95·(1 + cos πt/T)/2); over the first w warm-up rounds
 * that is multiplied by (t + 1)/w. From T on, the rate stays at its last value.
 *
 * Source: METHODS.md, edge rules.
 */
export function learningRateAt(settings: ScheduleSettings, round: number): number {
  const { learningRate, warmUpRounds, rounds } = settings
  const done = Math.min(1, round / rounds)
  const warmth = round < warmUpRounds ? (round + 1) / warmUpRounds : 1
  return Math.fround(learningRate * shareAt(settings.schedule, done) * warmth)
}

function shareAt(schedule: ScheduleSettings['schedule'], done: number): number {
  switch (schedule) {
    case 'constant':
      return 1
    case 'linear':
      return 1 - (1 - LAST_SHARE) * done
    case 'cosine':
      return LAST_SHARE + ((1 - LAST_SHARE) * (1 + Math.cos(Math.PI * done))) / 2
  }
}
