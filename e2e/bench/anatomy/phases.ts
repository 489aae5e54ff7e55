import type { Mark } from './marks.ts'

/** A round cut into parts, one after the other, each ended by whoever was last; in ms. */
export interface Phases {
  readonly round: number
  /** From the verdict before applied everywhere to the last ballot ready. */
  readonly compute: number
  /** … to the last ballot at its owner. */
  readonly exchange: number
  /** … to the last tally handed to its socket. */
  readonly tally: number
  /** … to the verdict at the last browser: coordinator, disk and network. */
  readonly verdict: number
  /** … to the verdict applied everywhere. */
  readonly apply: number
  readonly whole: number
}

/** By what each part ends; `stepped` of the round before begins the first. */
const ENDS = [
  ['compute', 'computed'],
  ['exchange', 'collected'],
  ['tally', 'tallied'],
  ['verdict', 'decided'],
  ['apply', 'stepped'],
] as const

/** The rounds of which every browser has marked everything, in order. `browsers[n]` is one's marks. */
export function phasesOf(browsers: readonly (readonly Mark[])[]): Phases[] {
  const lasts = browsers.map(lastOf)
  const rounds = [...(lasts[0]?.keys() ?? [])].sort((a, b) => a - b)
  return rounds.flatMap((round) => {
    const last = (name: string, of: number) =>
      Math.max(...lasts.map((marks) => marks.get(of)?.get(name) ?? NaN))
    const begin = last('stepped', round - 1)
    const ends = ENDS.map(([, mark]) => last(mark, round))
    if ([begin, ...ends].some(Number.isNaN)) return []
    const parts = ENDS.map(([part], n) => [
      part,
      (ends[n] ?? NaN) - (n === 0 ? begin : (ends[n - 1] ?? NaN)),
    ])
    const whole = (ends.at(-1) ?? NaN) - begin
    return [{ round, whole, ...Object.fromEntries(parts) } as Phases]
  })
}

/** Round → mark → when it was made last: an owner of several slices makes some of them often. */
function lastOf(marks: readonly Mark[]): Map<number, Map<string, number>> {
  const rounds = new Map<number, Map<string, number>>()
  for (const { name, round, atMs } of marks) {
    const of = rounds.get(round) ?? new Map<string, number>()
    rounds.set(round, of)
    of.set(name, Math.max(of.get(name) ?? -Infinity, atMs))
  }
  return rounds
}
