/** Real browsers and a real coordinator, for the sections that need them. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from '@playwright/test'
import type { Browser, BrowserContext } from '@playwright/test'
import type { RunView } from '@quorate/shared/api/api'
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import { CHROMIUM_ARGS } from '../../fixtures/chromium.ts'
import { startCoordinator } from '../../fixtures/coordinator.ts'
import type { Coordinator } from '../../fixtures/coordinator.ts'
import { until } from '../../fixtures/until.ts'
import { joinVolunteer } from '../../fixtures/volunteer.ts'
import type { JoinOptions, Volunteer } from '../../fixtures/volunteer.ts'
import type { Bench } from '../section.ts'

const JOINED_WITHIN_MS = 120_000

/** A run with everybody in it. */
export interface Training {
  readonly run: RunView
  readonly coordinator: Coordinator
  readonly volunteers: readonly Volunteer[]
  /** Resolves when so many rounds are decided. */
  reach(round: number, limitMs: number): Promise<void>
}

export interface TrainOptions extends JoinOptions {
  readonly browsers: number
  readonly settings: RunSettingsInput
  /** Called with a browser's context before its page opens. */
  readonly prepare?: (context: BrowserContext, at: number) => Promise<void> | void
}

/** Browsers stay open between runs; each is a Chromium of its own, with all its processes. */
export class Crowd {
  readonly coordinator: Coordinator
  readonly #browsers: Browser[] = []
  readonly #executablePath: string
  readonly #logFolder: string

  private constructor(coordinator: Coordinator, at: { executablePath: string; logFolder: string }) {
    this.coordinator = coordinator
    this.#executablePath = at.executablePath
    this.#logFolder = at.logFolder
  }

  static async start(bench: Bench): Promise<Crowd> {
    const executablePath = await bench.chromium()
    const logFolder = await mkdtemp(join(tmpdir(), 'quorate-bench-'))
    const logFile = join(logFolder, 'coordinator.log')
    const coordinator = await startCoordinator({ flags: ['--no-demo'], logFile })
    return new Crowd(coordinator, { executablePath, logFolder })
  }

  /** The browser of this number; started when it is first asked for. */
  async browser(at: number): Promise<Browser> {
    while (this.#browsers.length <= at) {
      const launch = { executablePath: this.#executablePath, args: [...CHROMIUM_ARGS] }
      this.#browsers.push(await chromium.launch(launch))
    }
    return this.#browsers[at] as Browser
  }

  /** Starts a run, in which nobody waits but for all to be there, and ends it after `work`. */
  async train<T>(options: TrainOptions, work: (training: Training) => Promise<T>): Promise<T> {
    const { browsers, settings, prepare, ...joining } = options
    const { coordinator } = this
    const run = await coordinator.startRun({ ...settings, minVoters: browsers, minRoundMs: 0 })
    const volunteers: Volunteer[] = []
    try {
      for (let at = 0; at < browsers; at++) {
        const browser = await this.browser(at)
        const newContext = async () => {
          const context = await browser.newContext()
          await prepare?.(context, at)
          return context
        }
        const url = `${coordinator.url}/run/${run.id}`
        volunteers.push(await joinVolunteer(newContext, url, joining))
      }
      const reach = async (round: number, limitMs: number) => {
        await until(
          `round ${round}`,
          async () => (await coordinator.run(run.id)).round >= round,
          limitMs,
        )
      }
      await reach(1, JOINED_WITHIN_MS)
      return await work({ run, coordinator, volunteers, reach })
    } finally {
      await coordinator.post(`/api/runs/${run.id}/stop`)
      for (const { context } of volunteers) await context.close()
    }
  }

  async close(): Promise<void> {
    for (const browser of this.#browsers) await browser.close()
    await this.coordinator.stop()
    await this.coordinator.removeData()
    await rm(this.#logFolder, { recursive: true, force: true })
  }
}

/** A crowd for the length of `work`. */
export async function withCrowd<T>(bench: Bench, work: (crowd: Crowd) => Promise<T>): Promise<T> {
  const crowd = await Crowd.start(bench)
  try {
    return await work(crowd)
  } finally {
    await crowd.close()
  }
}
