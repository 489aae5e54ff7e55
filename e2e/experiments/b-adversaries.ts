import type { Attack } from '../simulator/settings.ts'
import { lineChart } from '../simulator/line-chart.ts'
import type { Experiment, Page } from './experiment.ts'
import type { Results, Sample, Seeded } from './figures.ts'
import { meanOf, readingOf, sampleOf, sampleText } from './figures.ts'
import { blocks, picture, table } from './markdown.ts'
import type { MethodInput } from './mnist.ts'
import { mnistJob, PRESETS } from './mnist.ts'

const SEEDS = 3
const CROWD = 20
const SHARES = [0, 0.1, 0.2, 0.3, 0.4, 0.45] as const
const LIES = ['flip', 'flip-loud', 'collude'] as const satisfies readonly Attack[]
const PLACES = ['label', 'iid'] as const
type Place = (typeof PLACES)[number]

interface Defender {
  readonly label: string
  readonly method: MethodInput
}
const MAJORITY: Defender = { label: 'signsgd-mv', method: { id: 'signsgd-mv' } }

interface Scene {
  readonly defender: Defender
  readonly place: Place
  readonly attack: Attack
  readonly share: number
}

/** Twenty contributors, two for each digit or with iid shards, and liars among them. */
function attackedJob({ defender, place, attack, share }: Scene, seed: number) {
  return mnistJob({
    method: defender.method,
    learningRate: 3e-3,
    seed,
    run: { partition: { kind: place }, shards: place === 'label' ? 10 : CROWD, evaluateEvery: 40 },
    // Without liars every attack is the same simulation.
    crowd: { contributors: CROWD, adversaries: share, attack: share === 0 ? 'flip' : attack },
  })
}

const SCENES: readonly Scene[] = PLACES.flatMap((place) =>
  LIES.flatMap((attack) =>
    [...PRESETS, ...(place === 'iid' ? [MAJORITY] : [])].flatMap((defender) =>
      SHARES.map((share) => ({ place, attack, defender, share })),
    ),
  ),
)

/** The most telling shares first. */
const COMPUTED_FIRST = [0, 0.2, 0.4, 0.1, 0.3, 0.45]

const TOLD: Readonly<Record<(typeof LIES)[number], string>> = {
  flip: 'opposite signs, honest weights',
  'flip-loud': 'opposite signs, full weights',
  collude: 'one random direction, full weights',
}
const PLACE_TITLES = { label: 'one digit each', iid: 'iid' } as const
/** Below its honest accuracy by no more than this, a defender is said to hold. */
const HOLDS = 0.05

const jobOf =
  (scene: Scene): Seeded =>
  (seed) =>
    attackedJob(scene, seed)

/** Each defender and lie of a place. */
function rowsOf(place: Place) {
  const defenders = place === 'iid' ? [...PRESETS, MAJORITY] : PRESETS
  return defenders.flatMap((defender) => LIES.map((attack) => ({ defender, attack, place })))
}

function page(results: Results): Page {
  const sample = (scene: Scene) => sampleOf(results, { job: jobOf(scene), seeds: SEEDS })
  const tables = PLACES.map((place) => {
    const rows = rowsOf(place).map((row) => [
      `${row.defender.label}: ${TOLD[row.attack]}`,
      ...SHARES.map((share) => sampleText(sample({ ...row, share }))),
    ])
    return blocks(
      `## ${PLACE_TITLES[place]}`,
      table(['share of liars', ...SHARES.map((share) => `${Math.round(100 * share)} %`)], rows),
      picture(`b-${place}`, `Accuracy by share of liars, ${PLACE_TITLES[place]}`),
      readingOf(
        rowsOf(place).flatMap((row) => SHARES.map((share) => sample({ ...row, share }))),
        () => holding(place, sample),
      ),
    )
  })
  return {
    text: blocks(
      `${CROWD} contributors; with one digit each, two for every digit. Liars compute as everyone does and send something else: the opposite of every sign at the honest weights, or at the largest weights that the budget lets through, or all of them one random direction, the same in every round, as loudly as they may. A majority vote has no weights, so that the first two are one. Both presets of EF-Vote, γ .003; final accuracy.`,
      ...tables,
      `What this does not show: the worst that liars can do. These colluders push one way whatever the others vote; those who know the tally of the round need only tip what is close. Against honest voters who are right with probability p a coordinate, a share (2p − 1)/(2p) turns a majority: 9 % at p = .55.`,
    ),
    charts: Object.fromEntries(
      PLACES.map((place) => [
        `b-${place}`,
        lineChart(
          LIES.map((attack) => ({
            title: TOLD[attack],
            x: { title: '% of contributors that lie', scale: 'linear' as const, ends: [0, 50] },
            y: { title: 'accuracy', scale: 'linear' as const, ends: [0, 1] as const },
            lines: rowsOf(place)
              .filter((row) => row.attack === attack)
              .map(({ defender }) => ({
                label: defender.label,
                points: SHARES.flatMap((share) => {
                  const value = meanOf(sample({ defender, attack, place, share }))
                  return value === null ? [] : [[100 * share, value] as const]
                }),
              })),
          })),
        ),
      ]),
    ),
  }
}

/** Up to which share each defender stays near its honest accuracy. */
function holding(place: Place, sample: (scene: Scene) => Sample): string {
  const upTo = (row: ReturnType<typeof rowsOf>[number]) => {
    const at = (share: number) => meanOf(sample({ ...row, share })) ?? 0
    const failed = SHARES.findIndex((share) => at(share) < at(0) - HOLDS)
    return failed < 0 ? (SHARES.at(-1) ?? 0) : (SHARES[failed - 1] ?? 0)
  }
  const rows = rowsOf(place)
  if (rows.every((row) => upTo(row) === 0)) {
    return `with a tenth of liars of any kind, none stays within ${HOLDS} of its accuracy without them.`
  }
  const defenders = [...new Set(rows.map(({ defender }) => defender))]
  const parts = defenders.map((defender) => {
    const told = rows
      .filter((row) => row.defender === defender)
      .map((row) => {
        const most = upTo(row)
        return `${TOLD[row.attack]}: ${most === 0 ? 'not with 10 %' : `up to ${Math.round(100 * most)} %`}`
      })
    return `${defender.label} (${told.join('; ')})`
  })
  return `within ${HOLDS} of its accuracy without liars stays ${parts.join(', ')}. Who all push one way, as loudly as they may, do a weighted vote more harm than a plain one.`
}

export const adversaries: Experiment = {
  id: 'b',
  name: 'adversaries',
  title: 'Liars',
  seeds: SEEDS,
  jobs: (seed) =>
    COMPUTED_FIRST.flatMap((share) =>
      SCENES.filter((scene) => scene.share === share).map((scene) => attackedJob(scene, seed)),
    ),
  page,
}
