import { initialParameters } from '@quorate/shared/model/initialise'
import { layoutOf } from '@quorate/shared/model/layout'
import type { Checker } from './evidence.ts'

/** Liars of whom it is claimed that they do not keep the others from learning. */
const MOST_LIARS = 0.2
/** What is asked for above the accuracy of the first parameters. */
const RISE = 0.1

/** With at most a fifth of liars, a run that is long enough to learn has learnt. */
export const accuracyRises: Checker = (evidence) => {
  const { scenario, witness, settings, shape, evaluate, parameters } = evidence
  const liars = scenario.people.filter(({ lie }) => lie !== null).length
  if (scenario.theme !== 'learning' || liars / scenario.people.length > MOST_LIARS) return []
  if (witness.rounds < scenario.rounds) return []
  const first = initialParameters(layoutOf(settings.model, shape), settings.seed)
  const [before, after] = [evaluate(Float32Array.from(first)), evaluate(parameters)]
  return after.accuracy >= before.accuracy + RISE
    ? []
    : [`from ${before.accuracy} to ${after.accuracy}`]
}
