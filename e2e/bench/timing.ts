/** Something that is timed; its result is returned so that no compiler may leave it out. */
export interface Variant {
  readonly name: string
  readonly run: () => unknown
}

/** How long one call of each variant took, in the repeats of one comparison. */
export interface Timing {
  /** ms[name][repeat] */
  readonly ms: ReadonlyMap<string, readonly number[]>
}

/** What tells how far we are, in ms. */
export type Clock = () => number

/** Time that this process computed; what others do on a shared machine is not in it. */
export const cpuClock: Clock = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** A sample is as many calls as take about this long, so that a clock can tell. */
const SAMPLE_MS = 20
/** Compilers are done with what has run for this long. */
const WARM_MS = 200

/**
 * Times all variants in turn, `repeats` times, so that whatever else the machine does falls on
 * all of them alike. A first round, not counted, warms up and says how many calls a sample needs.
 */
export function alternate(variants: readonly Variant[], repeats: number, clock: Clock): Timing {
  const calls = variants.map((variant) => callsPerSample(variant, clock))
  const ms = new Map(variants.map(({ name }) => [name, [] as number[]]))
  for (let repeat = 0; repeat < repeats; repeat++) {
    variants.forEach((variant, at) => {
      ms.get(variant.name)?.push(sampleMs(variant, calls[at] ?? 1, clock))
    })
  }
  return { ms }
}

/** The median time of a call, in ms. */
export function medianMs({ ms }: Timing, name: string): number {
  return median(ms.get(name) ?? [])
}

/** How many times longer `slow` took than `fast`: the median over the repeats of their ratios. */
export function timesFaster({ ms }: Timing, fast: string, slow: string): number {
  const fastMs = ms.get(fast) ?? []
  return median((ms.get(slow) ?? []).map((slowMs, at) => slowMs / (fastMs[at] ?? NaN)))
}

/** The median; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  const upper = sorted[half] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2
}

function callsPerSample(variant: Variant, clock: Clock): number {
  let calls = 1
  let warmMs = 0
  for (;;) {
    const callMs = sampleMs(variant, calls, clock)
    warmMs += calls * callMs
    if (warmMs >= WARM_MS) return Math.max(1, Math.ceil(SAMPLE_MS / callMs))
    if (calls * callMs < SAMPLE_MS) calls *= 2
  }
}

/** What the calls give goes here. */
let kept: unknown

function sampleMs({ run }: Variant, calls: number, clock: Clock): number {
  const startMs = clock()
  for (let call = 0; call < calls; call++) kept = run()
  const tookMs = clock() - startMs
  if (kept === sampleMs) throw new Error('never: it keeps `kept` alive')
  return tookMs / calls
}
