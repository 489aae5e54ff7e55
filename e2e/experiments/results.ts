import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { simulationSettings } from '../simulator/settings.ts'
import type { SimulationResult } from '../simulator/simulate.ts'
import { ExperimentError } from './errors.ts'
import type { Job } from './job.ts'
import { jobId } from './job.ts'
import type { ToyPoint } from './toy.ts'
import { toySettings } from './toy-settings.ts'

/** Points that a curve keeps. */
const MAX_POINTS = 50

const count = z.int().min(0)
const share = z.number().min(0).max(1)

const simulated = z.strictObject({
  kind: z.literal('simulation'),
  settings: simulationSettings,
  /** Number of parameters. */
  d: count,
  finalAccuracy: share,
  bestAccuracy: share,
  classAccuracy: z.array(share),
  ballots: count,
  abstained: count,
  refused: z.record(z.string(), count),
  stopped: z.strictObject({ round: count, reason: z.string() }).nullable(),
  digest: z.string(),
  /** round, accuracy, loss, bytes up and bytes down of all contributors */
  curve: z.array(z.tuple([count, share, z.number().nullable(), count, count])),
})

const played = z.strictObject({
  kind: z.literal('toy'),
  settings: toySettings,
  /** round, f */
  curve: z.array(z.tuple([count, z.number().nullable()])),
})

const storedResult = z.discriminatedUnion('kind', [simulated, played])
export type StoredResult = z.infer<typeof storedResult>
export type Simulated = z.infer<typeof simulated>
export type Played = z.infer<typeof played>

/** What is kept of a simulation. */
export function storedSimulation(result: SimulationResult): Simulated {
  const { roundsTo: _rounds, bytesTo: _bytes, curve, classAccuracy, ...figures } = result
  return {
    kind: 'simulation',
    ...figures,
    refused: { ...figures.refused },
    classAccuracy: classAccuracy.map((each) => rounded(each, 4)),
    curve: thinned(curve).map(({ round, accuracy, loss, upBytes, downBytes }) => [
      ...([round, rounded(accuracy, 4), loss === null ? null : rounded(loss, 4)] as const),
      ...([upBytes, downBytes] as const),
    ]),
  }
}

/** What is kept of a problem that was played. */
export function storedToy(job: Extract<Job, { kind: 'toy' }>, curve: readonly ToyPoint[]): Played {
  const short = (value: number | null) => (value === null ? null : Number(value.toPrecision(5)))
  return { ...job, curve: thinned(curve).map(([round, value]) => [round, short(value)]) }
}

/** At most `MAX_POINTS` points, the first and the last among them. */
function thinned<Point>(curve: readonly Point[]): Point[] {
  if (curve.length <= MAX_POINTS) return [...curve]
  const last = curve.length - 1
  const kept = new Set(
    Array.from({ length: MAX_POINTS }, (_, k) => Math.round((k * last) / (MAX_POINTS - 1))),
  )
  return curve.filter((_, at) => kept.has(at))
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

/** Results by the id of their job, one small JSON file each. */
export class ResultFolder {
  readonly #folder: string
  readonly #known = new Map<string, StoredResult>()

  private constructor(folder: string) {
    this.#folder = folder
  }

  /** Reads what is there of `jobs`. Rejects with RESULT_DAMAGED. */
  static async open(folder: string, jobs: readonly Job[]): Promise<ResultFolder> {
    const opened = new ResultFolder(folder)
    await mkdir(folder, { recursive: true })
    for (const id of new Set(jobs.map(jobId))) {
      const result = await opened.#read(id)
      if (result) opened.#known.set(id, result)
    }
    return opened
  }

  of(job: Job): StoredResult | null {
    return this.#known.get(jobId(job)) ?? null
  }

  /** A file is whole or not there: it is written beside its place and renamed. */
  async keep(job: Job, result: StoredResult): Promise<void> {
    const id = jobId(job)
    const path = this.#path(id)
    await writeFile(`${path}.part`, `${JSON.stringify(result)}\n`)
    await rename(`${path}.part`, path)
    this.#known.set(id, result)
  }

  async #read(id: string): Promise<StoredResult | null> {
    const path = this.#path(id)
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
      throw error
    }
    try {
      return storedResult.parse(JSON.parse(text))
    } catch (error) {
      const detail = `${path} is not a result; delete it, and it is computed anew`
      throw new ExperimentError('RESULT_DAMAGED', detail, { cause: error })
    }
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`)
  }
}
