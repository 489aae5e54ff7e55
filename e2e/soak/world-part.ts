/** Plays one scenario after the other, and adds up what became of them. */
import { Counts } from '../world/counts.ts'
import { drawScenario } from '../world/draw-scenario.ts'
import { replayCommand } from '../world/replay-command.ts'
import type { Report } from '../world/report.ts'
import { runScenario } from '../world/run-scenario.ts'
import type { Command } from './flags.ts'
import type { Output } from './output.ts'

const MEMORY_EVERY_SEEDS = 250
const MIB = 2 ** 20

/** Returns how many scenarios failed. */
export async function soakWorld(command: Command, out: Output): Promise<number> {
  const total = new Total()
  const endMs = out.nowMs() + command.minutes * 60_000
  for (let n = 0; n < command.seeds && out.nowMs() < endMs; n++) {
    const seed = command.seed + n
    if (n % MEMORY_EVERY_SEEDS === 0) total.memory.push(heapMiB())
    out.progress(() => `world: seed ${seed}, ${n} of ${command.seeds}, ${total.failed} failed`)
    await playOne(seed, command, { total, out })
  }
  total.memory.push(heapMiB())
  out.print(total.text())
  return total.failed
}

async function playOne(
  seed: number,
  { trace }: Command,
  { total, out }: { total: Total; out: Output },
): Promise<void> {
  const scenario = drawScenario(seed)
  const tell = (atMs: number, text: string) => out.print(`${atMs.toFixed(1).padStart(10)} ${text}`)
  if (trace) out.print(JSON.stringify(scenario))
  let found: readonly string[]
  try {
    const report = await runScenario(scenario, trace ? tell : undefined)
    if (trace) out.print(JSON.stringify(report))
    total.add(report)
    found = report.found
  } catch (error) {
    // A bug that ends the scenario is a finding like another.
    found = [error instanceof Error ? (error.stack ?? error.message) : String(error)]
  }
  if (found.length === 0) return
  total.failed += 1
  out.print(`seed ${seed} failed:\n  ${found.join('\n  ')}\n  ${replayCommand(seed)}`)
}

function heapMiB(): number {
  return Math.round(process.memoryUsage().heapUsed / MIB)
}

/** Figures over all scenarios. */
class Total {
  failed = 0
  readonly memory: number[] = []
  #scenarios = 0
  readonly #sums = new Counts()
  readonly #faults = new Counts()
  readonly #lies = new Counts()

  add(report: Report): void {
    this.#scenarios += 1
    this.#sums.add('rounds', report.rounds)
    this.#sums.add('rounds lost', report.roundsLost)
    this.#sums.add('ballots', report.ballots)
    this.#sums.add('ballots lost', report.ballotsLost)
    this.#sums.add('writes', report.writes)
    this.#sums.add('honest exclusions', report.honestExclusions)
    this.#sums.add('liars excluded', report.liarsExcluded)
    this.#sums.add('virtual minutes', report.tookMs / 60_000)
    for (const [kind, times] of Object.entries(report.faults)) this.#faults.add(kind, times)
    for (const [kind, times] of Object.entries(report.lies)) this.#lies.add(kind, times)
  }

  text(): string {
    return [
      `world: ${this.#scenarios} scenarios, ${this.failed} failed`,
      `  ${listed(this.#sums)}`,
      `  faults: ${listed(this.#faults)}`,
      `  lies: ${listed(this.#lies)}`,
      `  heap, MiB, every ${MEMORY_EVERY_SEEDS} seeds: ${this.memory.join(', ')}`,
    ].join('\n')
  }
}

function listed(counts: Counts): string {
  const all = Object.entries(counts.all)
  return all.map(([name, times]) => `${name} ${Math.round(times)}`).join(', ') || 'none'
}
