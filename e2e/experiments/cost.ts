import type { Job } from './job.ts'

/** Test records, each a forward pass per evaluation. */
const TEST_RECORDS = 10_000
/** A convolution reads its weights many times; a dense layer each once. */
const LENET_WORK = 16 * 25_450

/** About how long a job takes, in units that only compare: multiply-adds, roughly. */
export function costOf(job: Job): number {
  if (job.kind === 'toy') {
    const { contributors, rounds, problem } = job.settings
    return rounds * contributors * (problem.kind === 'logistic' ? 40_000 : 10_000)
  }
  const { run, contributors, sample } = job.settings
  const work = recordWork(run.model)
  const voters = sample ?? contributors
  const steps = run.rounds * voters * run.localSteps
  const gradients = steps * run.batch * work * 3
  const evaluations = (run.rounds / run.evaluateEvery) * TEST_RECORDS * work
  return gradients + evaluations + run.rounds * voters * 30 * work
}

type Model = Extract<Job, { kind: 'simulation' }>['settings']['run']['model']

/** Multiply-adds of one record's forward pass, of MNIST's size. */
function recordWork(model: Model): number {
  switch (model.kind) {
    case 'softmax':
      return 7850
    case 'mlp': {
      const widths = [784, ...model.hidden, 10]
      return widths.slice(1).reduce((sum, width, k) => sum + width * (widths[k] ?? 0), 0)
    }
    case 'lenet5':
    case 'cnn':
      return LENET_WORK
  }
}
