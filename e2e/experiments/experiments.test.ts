import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { simulationSettings } from '../simulator/settings.ts'
import { smallData } from '../simulator/small-data.fixture.ts'
import { EXPERIMENTS, queueOf } from './catalogue.ts'
import { compute } from './compute.ts'
import type { Experiment } from './experiment.ts'
import { sampleOf, sampleText } from './figures.ts'
import { readCommand } from './flags.ts'
import type { Job } from './job.ts'
import { jobId } from './job.ts'
import { table } from './markdown.ts'
import { writePages } from './pages.ts'
import type { Computer } from './pool.ts'
import { computeAll } from './pool.ts'
import { ResultFolder } from './results.ts'
import { toyJob } from './toy-job.ts'

const data = smallData()

/** Four contributors, six rounds. */
const small = (seed: number): Job => ({
  kind: 'simulation',
  settings: simulationSettings.parse({
    contributors: 4,
    run: {
      ...{
        name: 'Small',
        dataSet: 'small',
        seed,
        rounds: 6,
        evaluateEvery: 2,
        batch: 8,
        shards: 4,
      },
      ...{ model: { kind: 'softmax' }, method: { id: 'signsgd-mv' }, partition: { kind: 'label' } },
      learningRate: 0.02,
    },
  }),
})

const computer = (onJob: (job: Job) => void = () => {}): Computer => ({
  compute(job, onDone) {
    onJob(job)
    return compute(job, data, onDone)
  },
})
const quiet = { onProgress: () => {} }

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'experiments-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('a job', () => {
  test('is known by its settings, in whatever order they stand', () => {
    const one = small(1)
    const turned = Object.fromEntries(Object.entries(one).reverse()) as unknown as Job
    expect(jobId(turned)).toBe(jobId(one))
    expect(jobId(small(2))).not.toBe(jobId(one))
    expect(jobId(one)).toMatch(/^[0-9a-f]{16}$/)
  })
})

describe('the catalogue', () => {
  test('queues everything once, first seeds first and the large last', () => {
    const jobs = queueOf(EXPERIMENTS, 3)
    expect(new Set(jobs.map(jobId)).size).toBe(jobs.length)
    const place = (id: string, seed: number) => {
      const experiment = EXPERIMENTS.find((each) => each.id === id)
      const [first] = experiment?.jobs(seed) ?? []
      return jobs.findIndex((job) => first && jobId(job) === jobId(first))
    }
    const order = [place('a', 1), place('c', 1), place('a', 2), place('a', 3), place('h', 1)]
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(order[0]).toBe(0)
  })
})

describe('computing', () => {
  test('keeps each result, and goes on where it ended', async () => {
    const jobs = [small(1), small(2), small(3)]
    const results = await ResultFolder.open(folder, jobs)
    const keep = (job: Job, result: Parameters<typeof results.keep>[1]) => results.keep(job, result)
    const seen: number[] = []
    const onProgress = ({ share }: { share: number }) => seen.push(share)
    await computeAll(jobs.slice(0, 2), [computer(), computer()], { keep, onProgress })
    expect(seen.at(-1)).toBeCloseTo(1, 9)
    expect([...seen].sort((a, b) => a - b)).toEqual(seen)
    const again = await ResultFolder.open(folder, jobs)
    expect(jobs.map((job) => again.of(job) !== null)).toEqual([true, true, false])
    expect(again.of(small(1))).toEqual(results.of(small(1)))
    expect(await readdir(folder)).toHaveLength(2)
  })

  test('ends at the first failure, and keeps what was under way', async () => {
    const results = await ResultFolder.open(folder, [])
    const started: Job[] = []
    const failing = computer((job) => {
      started.push(job)
      if (job === jobs[1]) throw new Error('the second')
    })
    const jobs = [small(1), small(2), small(3)]
    const keep = (job: Job, result: Parameters<typeof results.keep>[1]) => results.keep(job, result)
    await expect(computeAll(jobs, [failing], { keep, ...quiet })).rejects.toThrow('the second')
    expect(started).toHaveLength(2)
    expect(results.of(small(1))).not.toBeNull()
  })

  test('refuses a result that is damaged, and names the file', async () => {
    await writeFile(join(folder, `${jobId(small(1))}.json`), '{"kind":"simulation"')
    await expect(ResultFolder.open(folder, [small(1)])).rejects.toMatchObject({
      code: 'RESULT_DAMAGED',
      message: expect.stringContaining(jobId(small(1))),
    })
  })

  test('plays a problem by both halves: SGD halves a parabola as it must', async () => {
    const job = toyJob({
      ...{ problem: { kind: 'parabola', d: 3, noise: 0, noisy: 0 }, method: { id: 'sgd' } },
      ...{ contributors: 2, seed: 1, rounds: 4, learningRate: 0.5, points: 4 },
      ...{ schedule: { kind: 'constant' }, average: { kind: 'last' } },
    })
    const result = await compute(job, data, () => {})
    const values = result.kind === 'toy' ? result.curve.map(([, value]) => value ?? NaN) : []
    expect(values).toHaveLength(5)
    // x ← x/2, so that f ← f/4.
    values.slice(1).forEach((value, t) => expect(value / (values[t] ?? NaN)).toBeCloseTo(0.25, 3))
  })
})

describe('pages', () => {
  const seeds = 2
  const experiment: Experiment = {
    ...{ id: 'x', name: 'small', title: 'Small', seeds },
    jobs: (seed) => [small(seed)],
    page: (results) => ({
      text: table(
        ['method', 'accuracy'],
        [['signs', sampleText(sampleOf(results, { job: small, seeds }))]],
      ),
      charts: { x: '<svg/>' },
    }),
  }
  const written = async () => {
    const results = await ResultFolder.open(join(folder, 'results'), [small(1), small(2)])
    await writePages(folder, [experiment], results)
    return readFile(join(folder, 'x-small.md'), 'utf8')
  }
  const computed = async (...jobs: Job[]) => {
    const results = await ResultFolder.open(join(folder, 'results'), jobs)
    await computeAll(jobs, [computer()], { keep: (job, one) => results.keep(job, one), ...quiet })
  }

  test('say what is not computed yet', async () => {
    expect(await written()).toContain('| signs  |        – |')
    await computed(small(1))
    const half = await written()
    expect(half).toContain('1 of 2 simulations')
    expect(half).toContain('--only x')
    expect(half).toMatch(/\| \.\d{3} \(1\) \|/)
  })

  test('are the same to the byte for the same results, and old charts go', async () => {
    await computed(small(1), small(2))
    const once = await written()
    expect(once).not.toContain('not computed')
    expect(once).toMatch(/\| \.\d{3} ± \.\d{3} \|/)
    await writeFile(join(folder, 'charts', 'old.svg'), '')
    expect(await written()).toBe(once)
    expect(await readdir(join(folder, 'charts'))).toEqual(['x.svg'])
  })
})

describe('flags', () => {
  const read = (...argv: string[]) => readCommand(argv, ['a', 'b'])
  test('are read, and refused by name', () => {
    expect(read('--only', 'b, a', '--seeds', '1')).toMatchObject({ only: ['b', 'a'], seeds: 1 })
    expect(read('--help')).toBeNull()
    expect(() => read('--only', 'z')).toThrow('--only "z": is not one of a, b')
    expect(() => read('--seeds', '4')).toThrow('--seeds "4": is not a whole number from 1 to 3')
    expect(() => read('--nothing')).toThrow('--nothing')
  })
})
