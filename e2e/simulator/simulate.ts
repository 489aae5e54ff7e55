import type { DataSet } from '@quorate/coordinator/data/data-set'
import { RunModel } from '@quorate/coordinator/training/run-model'
import type { RunInfo } from '@quorate/client/session/ports'
import { FastModel } from '@quorate/shared/model/fast-model'
import { Crowd } from './crowd.ts'
import { SharedChunks } from './data.ts'
import { testSet } from './evaluation.ts'
import type { SimulationSettings } from './settings.ts'
import { shardsOf } from './shards.ts'
import { calibrate, RUN, vote } from './vote.ts'

/** Accuracies that people compare methods by. */
const MILESTONES = [0.9, 0.95] as const
/** So many attempts in a row with nobody to count, and the simulation ends. */
const MAX_VOID = 5

/** The model after `round` decided rounds, and all bytes of the contributors until then. */
export interface CurvePoint {
  readonly round: number
  /** On the test records, 0..1. */
  readonly accuracy: number
  /** Mean cross-entropy on the test records, in nats; null when it is not finite. */
  readonly loss: number | null
  /** Ballots of all contributors, as they are encoded. */
  readonly upBytes: number
  /** Verdicts received by all contributors, and what brought the absent and the new up to date. */
  readonly downBytes: number
}

/** The same settings give the same result, to the byte of its JSON. */
export interface SimulationResult {
  readonly settings: SimulationSettings
  /** Number of parameters. */
  readonly d: number
  readonly finalAccuracy: number
  readonly bestAccuracy: number
  /** At the end, by class. */
  readonly classAccuracy: readonly number[]
  readonly curve: readonly CurvePoint[]
  /** First evaluated round at which the accuracy was reached; null = never. */
  readonly roundsTo: Readonly<Record<string, number | null>>
  /** Bytes up and down until then. */
  readonly bytesTo: Readonly<Record<string, number | null>>
  readonly ballots: number
  /** Times that a contributor's gradient was not finite. */
  readonly abstained: number
  /** Ballot slices that the coordinator refused, by code. */
  readonly refused: Readonly<Record<string, number>>
  /** Why it ended before its last round; null when it did not. */
  readonly stopped: { readonly round: number; readonly reason: string } | null
  /** SHA-256 of the final parameters; every contributor of the last round has the same. */
  readonly digest: string
}

export interface Progress {
  readonly round: number
  readonly rounds: number
  /** As last evaluated. */
  readonly accuracy: number
}

/**
 * Trains one run in this process: the coordinator's model and rounds, contributors with their own
 * trainers, and encoded ballots and verdicts between them; no clock, no network. Memory does not
 * grow with the rounds, but for the curve's points.
 *
 * @throws PartitionError, LayoutError, SimulatorError SETTINGS_NOT_POSSIBLE
 */
export async function simulate(
  settings: SimulationSettings,
  data: DataSet,
  onProgress: (progress: Progress) => void = () => {},
): Promise<SimulationResult> {
  const { run } = settings
  const model = new RunModel(run, data.shape, settings.holdTies ? { tieRule: 'hold' } : {})
  const gradients = new FastModel(run.model, data.shape)
  const chunks = new SharedChunks()
  const shards = await shardsOf(settings, data, chunks)
  const info: RunInfo = {
    id: 'simulation',
    number: RUN,
    settings: run,
    input: [...data.shape.input],
    classes: data.shape.classes,
    d: model.d,
  }
  const crowd = await Crowd.gather({ settings, run: info, model, shards, chunks, gradients })
  const evaluate = testSet(data, gradients)
  const curve: CurvePoint[] = []
  const counts = new Counts()
  const record = () => {
    const { accuracy, loss } = evaluate(model.parameters)
    curve.push({
      round: model.round,
      accuracy,
      loss: Number.isFinite(loss) ? loss : null,
      upBytes: counts.upBytes,
      downBytes: crowd.downBytes,
    })
  }
  record()
  let stopped: SimulationResult['stopped'] = null
  for (let attempt = 1; model.round < run.rounds && !stopped; attempt++) {
    const decided = await attemptRound(attempt, { settings, model, crowd, counts })
    if (decided && (model.round % run.evaluateEvery === 0 || model.round === run.rounds)) record()
    const { round } = model
    onProgress({ round, rounds: run.rounds, accuracy: curve.at(-1)?.accuracy ?? 0 })
    if (counts.voidInARow === MAX_VOID) stopped = { round, reason: NOBODY_COUNTED }
  }
  if (curve.at(-1)?.round !== model.round) record()
  await agree(crowd, model)
  return {
    settings,
    d: model.d,
    ...summary(curve),
    classAccuracy: evaluate(model.parameters).classAccuracy,
    ...counts.result(),
    stopped,
    digest: model.digest(),
  }
}

const NOBODY_COUNTED =
  'no ballot could be counted: the gradients are not finite, or all ballots were refused'

/** One attempt at the next round; whether it was decided. */
async function attemptRound(
  attempt: number,
  {
    settings: { run },
    model,
    crowd,
    counts,
  }: { settings: SimulationSettings; model: RunModel; crowd: Crowd; counts: Counts },
): Promise<boolean> {
  if (model.round > 0) await crowd.churn(attempt)
  const voters = await crowd.voters(attempt)
  if (model.needsCalibration) {
    const frame = await calibrate(model, run, voters)
    if (!frame) return counts.add(null)
    await crowd.hear(frame, voters)
  }
  const result = await vote(model, run, { voters, attempt })
  if (result.frame) await crowd.hear(result.frame, voters)
  return counts.add(result)
}

/** What all attempts came to. */
class Counts {
  upBytes = 0
  voidInARow = 0
  #ballots = 0
  #abstained = 0
  readonly #refused = new Map<string, number>()

  /** Whether the round was decided; null for an opening phase without a report. */
  add(result: Awaited<ReturnType<typeof vote>> | null): boolean {
    this.upBytes += result?.ballotBytes ?? 0
    this.#ballots += result?.ballots ?? 0
    this.#abstained += result?.abstained ?? 0
    for (const code of result?.refused ?? []) {
      this.#refused.set(code, (this.#refused.get(code) ?? 0) + 1)
    }
    const decided = result !== null && result.frame !== null
    this.voidInARow = decided ? 0 : this.voidInARow + 1
    return decided
  }

  result(): Pick<SimulationResult, 'ballots' | 'abstained' | 'refused'> {
    return {
      ballots: this.#ballots,
      abstained: this.#abstained,
      refused: Object.fromEntries(this.#refused),
    }
  }
}

function summary(
  curve: readonly CurvePoint[],
): Pick<SimulationResult, 'finalAccuracy' | 'bestAccuracy' | 'curve' | 'roundsTo' | 'bytesTo'> {
  const reached = MILESTONES.map((milestone) => ({
    milestone: String(milestone),
    point: curve.find(({ accuracy }) => accuracy >= milestone),
  }))
  return {
    finalAccuracy: curve.at(-1)?.accuracy ?? 0,
    bestAccuracy: Math.max(...curve.map(({ accuracy }) => accuracy)),
    curve,
    roundsTo: Object.fromEntries(reached.map((at) => [at.milestone, at.point?.round ?? null])),
    bytesTo: Object.fromEntries(
      reached.map(({ milestone, point }) => [
        milestone,
        point ? point.upBytes + point.downBytes : null,
      ]),
    ),
  }
}

/** Every replica at the last round must be the coordinator's, to the last bit. */
async function agree(crowd: Crowd, model: RunModel): Promise<void> {
  const others = (await crowd.digests()).filter((digest) => digest !== model.digest())
  if (others.length > 0) throw new Error(`${others.length} replicas differ from the coordinator's`)
}
