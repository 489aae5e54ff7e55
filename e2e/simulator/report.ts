import type { SimulationResult } from './simulate.ts'

/** A simulation that has run. */
export interface Finished {
  readonly label: string
  readonly result: SimulationResult
  readonly tookMs: number
}

/** What the simulations came to, one a row. */
export function table(finished: readonly Finished[]): string {
  const head = [
    'method',
    'final',
    'best',
    'rounds to .9',
    '.95',
    'MB to .9',
    '.95',
    'up',
    'down',
    'time',
  ]
  const rows = finished.map(({ label, result, tookMs }) => [
    label,
    percent(result.finalAccuracy),
    percent(result.bestAccuracy),
    String(result.roundsTo['0.9'] ?? '–'),
    String(result.roundsTo['0.95'] ?? '–'),
    megabytes(result.bytesTo['0.9'] ?? null),
    megabytes(result.bytesTo['0.95'] ?? null),
    ...bitsPerParameter(result),
    `${(tookMs / 1000).toFixed(1)} s`,
  ])
  const widths = head.map((_, k) => Math.max(...[head, ...rows].map((row) => row[k]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row.map((cell, k) => (k === 0 ? cell.padEnd(widths[k] ?? 0) : cell.padStart(widths[k] ?? 0)))
  const notes = finished.flatMap(({ label, result }) => notesOf(label, result))
  return [
    ...[head, ...rows].map((row) => line(row).join('  ').trimEnd()),
    '',
    'MB: of all contributors, up and down. up, down: bits per parameter, contributor and round.',
    ...notes,
    '',
  ].join('\n')
}

/** What a reader of the figures must know besides. */
function notesOf(label: string, { stopped, abstained, refused }: SimulationResult): string[] {
  const notes: string[] = []
  if (stopped) notes.push(`${label} stopped after ${stopped.round} rounds: ${stopped.reason}.`)
  if (abstained > 0) notes.push(`${label}: ${abstained} gradients were not finite.`)
  for (const [code, count] of Object.entries(refused)) {
    notes.push(`${label}: ${count} ballots were refused (${code}).`)
  }
  return notes
}

function bitsPerParameter({ curve, d, ballots }: SimulationResult): [string, string] {
  const { upBytes = 0, downBytes = 0 } = curve.at(-1) ?? {}
  const bits = (bytes: number) => (ballots > 0 ? ((8 * bytes) / (d * ballots)).toFixed(2) : '–')
  return [bits(upBytes), bits(downBytes)]
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}

function megabytes(bytes: number | null): string {
  return bytes === null ? '–' : (bytes / 1e6).toFixed(1)
}
