import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { systemClock } from '@quorate/shared/clock/system-clock'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { DataSet } from '../data/data-set.ts'
import { score } from './evaluate.ts'
import { ThreadEvaluator } from './evaluator.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
let folder: string
let workerPath: string

beforeAll(async () => {
  // Beside the sources, so that the built worker finds its packages.
  folder = await mkdtemp(join(here, '../../../node_modules/.evaluation-worker-'))
  await build({
    configFile: false,
    root: here,
    logLevel: 'silent',
    ssr: { noExternal: [/^@quorate\/shared/] },
    build: { ssr: join(here, 'worker.ts'), outDir: folder, emptyOutDir: false },
  })
  workerPath = join(folder, 'worker.js')
})
afterAll(() => rm(folder, { recursive: true }))

/** 1,200 records of 4 × 4 pixels whose first pixel tells the class; every third one lies. */
const tiny: DataSet = (() => {
  const labels = Uint8Array.from({ length: 1200 }, (_, index) => index % 2)
  const features = new Uint8Array(1200 * 16)
  labels.forEach((label, index) => {
    features[16 * index] = index % 3 === 0 ? 255 * (1 - label) : 255 * label
  })
  return {
    id: 'tiny',
    name: 'tiny',
    shape: { input: [4, 4, 1], classes: 2 },
    recordBytes: 16,
    labels,
    features,
    test: { labels, features },
  }
})()
const dataSets = { ids: () => ['tiny'], open: async () => tiny }
const evaluatorOf = (path: string) =>
  new ThreadEvaluator({ workerPath: path, dataSets, clock: systemClock })

/** Softmax regression that believes the first pixel: weight [16, 2], bias [2]. */
const parameters = new Float32Array(34)
parameters.set([-2, 2])
parameters.set([1, -1], 32)
const request = { dataSet: 'tiny', model: { kind: 'softmax' }, parameters } as const

test('a model is evaluated on all test records', async () => {
  const evaluator = evaluatorOf(workerPath)
  const result = await evaluator.evaluate(request)
  expect(result?.accuracy).toBeCloseTo(2 / 3, 10)
  // Right by a margin of 2 for two thirds, wrong by it for one.
  const right = Math.log1p(Math.exp(-2))
  expect(result?.loss).toBeCloseTo((2 * right + (right + 2)) / 3, 5)
  await evaluator.close()
})

test('of those that wait only the newest is evaluated', async () => {
  const evaluator = evaluatorOf(workerPath)
  const asked = [1, 2, 3, 4].map(() => evaluator.evaluate(request))
  const answers = await Promise.all(asked)
  expect(answers.map((answer) => answer !== null)).toEqual([true, false, false, true])
  await evaluator.close()
})

test('parameters are those of the moment of asking', async () => {
  const evaluator = evaluatorOf(workerPath)
  const moving = parameters.slice()
  const asked = evaluator.evaluate({ ...request, parameters: moving })
  moving.fill(0)
  expect((await asked)?.accuracy).toBeCloseTo(2 / 3, 10)
  await evaluator.close()
})

test('what cannot be evaluated is EVALUATION_FAILED, and the next request works', async () => {
  const evaluator = evaluatorOf(workerPath)
  const wrong = evaluator.evaluate({ ...request, parameters: new Float32Array(3) })
  await expect(wrong).rejects.toMatchObject({ code: 'EVALUATION_FAILED' })
  const infinite = evaluator.evaluate({ ...request, parameters: parameters.map(() => Infinity) })
  await expect(infinite).rejects.toMatchObject({ code: 'EVALUATION_FAILED' })
  expect(await evaluator.evaluate(request)).not.toBeNull()
  await evaluator.close()
})

test('a thread that dies fails its request and is replaced', async () => {
  const path = join(folder, 'dies-once.mjs')
  await writeFile(
    path,
    `import { existsSync, writeFileSync } from 'node:fs'
     import { parentPort } from 'node:worker_threads'
     parentPort.on('message', ({ kind }) => {
       if (kind !== 'evaluate') return
       const mark = ${JSON.stringify(join(folder, 'died'))}
       if (existsSync(mark)) return parentPort.postMessage({ kind: 'done', accuracy: 1, loss: 0 })
       writeFileSync(mark, '')
       process.exit(3)
     })`,
  )
  const evaluator = evaluatorOf(path)
  await expect(evaluator.evaluate(request)).rejects.toMatchObject({ code: 'EVALUATION_FAILED' })
  expect(await evaluator.evaluate(request)).toEqual({ accuracy: 1, loss: 0 })
  await evaluator.close()
})

test('closing answers what waits with null', async () => {
  const evaluator = evaluatorOf(workerPath)
  const asked = [evaluator.evaluate(request), evaluator.evaluate(request)]
  await evaluator.close()
  expect(await Promise.all(asked)).toEqual([null, null])
  expect(await evaluator.evaluate(request)).toBeNull()
})

test('the loss does not overflow', () => {
  const { loss, correct } = score(new Float32Array([1000, -1000]), new Uint8Array([1]), 2)
  expect([loss, correct]).toEqual([2000, 0])
})
