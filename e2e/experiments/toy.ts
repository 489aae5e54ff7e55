import type { DataSet } from '@quorate/coordinator/data/data-set'
import { applyVerdict } from '@quorate/shared/methods/apply'
import { createMethod } from '@quorate/shared/methods/create'
import type { Cast, ContributorTerms, Method, Verdict } from '@quorate/shared/methods/method'
import { learningRateAt } from '@quorate/shared/methods/schedule'
import { sumVectors } from '@quorate/shared/methods/sum-vectors'
import { generator } from '@quorate/shared/random/generator'
import { cutBallot, tallySlice } from '@quorate/shared/tally/count'
import type { Problem } from './problems.ts'
import { problemOf } from './problems.ts'
import type { ToySettings } from './toy-settings.ts'

/** f after so many rounds; null when it is not finite. */
export type ToyPoint = readonly [round: number, value: number | null]

const BLOCK = 64
const GRADIENT_PATH = 0x67726164

/** Plays a problem by both halves of a method, in float64 and with everybody counted. */
export function playToy(
  settings: ToySettings,
  data: DataSet,
  onRound: (round: number) => void = () => {},
): ToyPoint[] {
  const { rounds, points, average } = settings
  const problem = problemOf(settings.problem, settings.seed, data)
  const game = new Game(settings, problem)
  const mean = average.kind === 'squares' ? new WeightedMean(problem.x0.length, average.a) : null
  const look = (round: number): ToyPoint => {
    const value = problem.value(mean && round > 0 ? mean.x : game.x)
    return [round, Number.isFinite(value) ? value : null]
  }
  const curve = [look(0)]
  for (let round = 0; round < rounds; round++) {
    game.play(round)
    mean?.add(game.x, round)
    const done = round + 1
    const before = Math.floor((points * round) / rounds)
    if (Math.floor((points * done) / rounds) > before) curve.push(look(done))
    onRound(done)
  }
  return curve
}

/** Source: Stich et al. 2018, theorem 2.4: x̄ = Σ w_t x_t / Σ w_t, w_t = (t + a)². */
class WeightedMean {
  readonly x: Float64Array
  readonly #a: number
  #weights = 0

  constructor(d: number, a: number) {
    this.x = new Float64Array(d)
    this.#a = a
  }

  add(x: Float64Array, t: number): void {
    const weight = (t + this.#a) ** 2
    this.#weights += weight
    const share = weight / this.#weights
    for (let i = 0; i < x.length; i++) {
      const held = this.x[i] ?? 0
      this.x[i] = held + share * ((x[i] ?? 0) - held)
    }
  }
}

/** x, and the states of everybody who moves it. */
class Game {
  readonly x: Float64Array
  readonly #settings: ToySettings
  readonly #problem: Problem
  readonly #method: Method
  readonly #tensors: readonly { offset: number; size: number }[]
  readonly #states: unknown[]
  readonly #chair: unknown
  #units: Uint8Array | null = null

  constructor(settings: ToySettings, problem: Problem) {
    const size = problem.x0.length
    this.#settings = settings
    this.#problem = problem
    this.#tensors = [{ offset: 0, size }]
    const layout = { size, tensors: this.#tensors }
    this.#method = createMethod(settings.method, layout, BLOCK, { precision: 'float64' })
    this.x = problem.x0.slice()
    const { contributor, coordinator } = this.#method
    this.#states = Array.from({ length: settings.contributors }, () => contributor.init())
    this.#chair = coordinator.init()
    if (!coordinator.calibrates) return
    const terms = this.#terms(0)
    const reports = this.#states.map((_, n) => contributor.loudness(this.#gradient(0, n), terms))
    this.#units = coordinator.calibrate(
      this.#chair,
      reports.map((report) => report ?? 0),
    )
  }

  play(round: number): void {
    const method = this.#method
    const terms = this.#terms(round)
    const { casts, verdict } = this.#decide(round)
    casts.forEach(({ pending }, n) => {
      const settlement = { kind: 'decided', counted: [true] } as const
      method.contributor.settle(this.#states[n], pending, settlement, terms)
    })
    this.#units = verdict.nextUnits
    applyVerdict(this.x, verdict, terms.slices, BLOCK)
  }

  #decide(round: number): { casts: readonly Cast[]; verdict: Verdict } {
    const method = this.#method
    const terms = this.#terms(round)
    const d = this.x.length
    const [slice] = terms.slices
    const castBy = <Sent>(half: {
      cast(state: unknown, g: Float64Array, terms: ContributorTerms): Cast<Sent>
    }) =>
      this.#states.map((state, contributor) =>
        half.cast(state, this.#gradient(round, contributor), { ...terms, contributor }),
      )
    if (method.kind === 'votes') {
      const casts = castBy(method.contributor)
      const ballots = casts.map(({ sent }, n) => cutBallot(sent, slice, BLOCK, n))
      const tally = { d, block: BLOCK, slices: [tallySlice(slice, BLOCK, ballots)] }
      return { casts, verdict: method.coordinator.decide(this.#chair, tally, terms) }
    }
    const casts = castBy(method.contributor)
    const named = casts.map(({ sent }, contributor) => ({ contributor, vector: sent }))
    const merged = sumVectors(named, { d, tensors: this.#tensors, precision: 'float64' })
    return { casts, verdict: method.coordinator.decide(this.#chair, merged, terms) }
  }

  #gradient(round: number, contributor: number): Float64Array {
    const chance = generator(this.#settings.seed, GRADIENT_PATH, round, contributor)
    return this.#problem.gradient(this.x, chance)
  }

  #terms(round: number) {
    const slice = { index: 0, start: 0, end: this.x.length }
    return {
      runSeed: this.#settings.seed,
      round,
      block: BLOCK,
      slices: [slice] as const,
      learningRate: rateAt(this.#settings, round),
      units: this.#units,
      valid: [true],
    }
  }
}

function rateAt({ learningRate, schedule, rounds }: ToySettings, round: number): number {
  if (schedule.kind === 'shifted') return (learningRate * schedule.a) / (round + schedule.a)
  return learningRateAt({ learningRate, schedule: schedule.kind, warmUpRounds: 0, rounds }, round)
}
