import { chromium } from '@playwright/test'
import type { Browser, Page } from '@playwright/test'
import type { ModelSpec } from '@quorate/shared/model/spec'
import { CHROMIUM_ARGS } from '../../fixtures/chromium.ts'
import { openBundle } from '../../fixtures/bundle.ts'
import type { Adapter, DeviceTiming, TimingOrder, TimingPage } from '../../webgpu/timing-page.ts'
import { BenchError } from '../errors.ts'
import type { Bench, Section } from '../section.ts'
import { median } from '../timing.ts'

/** How a Chromium without a screen gets at a GPU; the first that has one is taken. */
const WAYS = [
  ['--enable-unsafe-webgpu', '--ignore-gpu-blocklist', '--enable-features=Vulkan'],
  [
    ...['--enable-unsafe-webgpu', '--ignore-gpu-blocklist', '--enable-features=Vulkan'],
    ...['--use-angle=vulkan', '--use-vulkan=native', '--disable-vulkan-surface'],
  ],
]
/** Gets the emulation where there is no GPU. */
const EMULATED = ['--enable-unsafe-webgpu']

interface Case {
  readonly what: string
  readonly model: ModelSpec
}

const MLPS: readonly Case[] = [
  { what: 'MLP 784-32-10', model: { kind: 'mlp', hidden: [32] } },
  { what: 'MLP 784-128-10', model: { kind: 'mlp', hidden: [128] } },
]
/** Take minutes where the CPU plays the GPU. */
const CONVOLUTIONS: readonly Case[] = [
  { what: 'LeNet-5', model: { kind: 'lenet5' } },
  { what: 'CNN', model: { kind: 'cnn' } },
]
const BATCH = { hardware: 128, software: 8 }
const SOFTWARE = 'software adapter: these times say nothing about a GPU'

/** A contributor's round on the GPU, in parts. */
export const webgpu: Section = {
  id: 'webgpu',
  title: 'WebGPU: medians in ms until the device is done',
  async run(bench) {
    const { browser, page, adapter } = await openAdapter(bench)
    try {
      bench.progress('ballots and steps against those in memory')
      await page.evaluate(() => (window as unknown as { timing: TimingPage }).timing.check())
      const rows: Record<string, string | number>[] = []
      for (const { what, model } of adapter.software ? MLPS : [...MLPS, ...CONVOLUTIONS]) {
        const batch = adapter.software ? BATCH.software : BATCH.hardware
        bench.progress(`${what}, batch ${batch}`)
        const order: TimingOrder = { model, batch, repeats: bench.repeats }
        const timing = await page.evaluate(
          (given) => (window as unknown as { timing: TimingPage }).timing.time(given),
          order,
        )
        rows.push(rowOf(what, batch, timing))
      }
      return { columns: COLUMNS, rows, reaches: [], notes: notesOf(adapter) }
    } finally {
      await browser.close()
    }
  },
}

const COLUMNS = [
  { key: 'what', title: 'model' },
  { key: 'd', title: 'd' },
  { key: 'batch', title: 'batch' },
  { key: 'gradient', title: 'gradient' },
  { key: 'cast', title: 'ballot' },
  { key: 'signPath', title: 'sign path, of the ballot' },
  { key: 'apply', title: 'verdict taken' },
  { key: 'readBytes', title: 'bytes read' },
  { key: 'perBit', title: '× d/8' },
]

function rowOf(what: string, batch: number, timing: DeviceTiming) {
  const { d, gradientMs, castMs, applyMs, readBytes } = timing
  const shares = castMs.map((ms, n) => 1 - (gradientMs[n] ?? NaN) / ms)
  return {
    ...{ what, d, batch, gradient: median(gradientMs), cast: median(castMs) },
    ...{ signPath: median(shares), apply: median(applyMs), readBytes, perBit: readBytes / (d / 8) },
  }
}

function notesOf(adapter: Adapter): string[] {
  return [
    `Adapter: ${adapter.name || 'without a name'}${adapter.software ? ` (${SOFTWARE})` : ''}.`,
    ...(adapter.software
      ? [`Batch ${BATCH.software} instead of ${BATCH.hardware}, no convolutions.`]
      : []),
    'Ballot: gradient, error feedback, signs, weights, packing, and reading them back; the sign path',
    'is what is not the gradient. Ballots and steps were first held to those in memory, bit for bit.',
  ]
}

/** A page on the first adapter that is a GPU, or else on the emulation. */
async function openAdapter(
  bench: Bench,
): Promise<{ browser: Browser; page: Page; adapter: Adapter }> {
  const executablePath = await bench.chromium()
  for (const flags of [...WAYS, EMULATED]) {
    const last = flags === EMULATED
    const browser = await chromium.launch({ executablePath, args: [...CHROMIUM_ARGS, ...flags] })
    const page = await browser.newPage()
    await openBundle(page, 'webgpu/timing-page.ts')
    const adapter = await page.evaluate(() =>
      (window as unknown as { timing: TimingPage }).timing.adapter(),
    )
    if (adapter && (last || !adapter.software)) return { browser, page, adapter }
    await browser.close()
  }
  throw new BenchError(
    'NOT_REACHED',
    'this browser has no WebGPU adapter, not even an emulated one',
  )
}
