import type { RoundMetrics } from '@quorate/shared/api/api'

const columns = [
  'round',
  'attempts',
  'voters',
  'expected',
  'learningRate',
  'durationMs',
  'exchangeMs',
  'decideMs',
  'ballotBytes',
  'tallyBytes',
  'verdictBytes',
  'slicesDirect',
  'slicesRelayed',
  'lateBallots',
  'agreement',
  'accuracy',
  'loss',
] as const satisfies readonly (keyof RoundMetrics)[]

/** RFC 4180 with a header; what is not known is an empty field. Numbers alone, so nothing to quote. */
export function csvOf(rounds: readonly RoundMetrics[]): string {
  const lines = rounds.map((round) => columns.map((column) => round[column] ?? '').join(','))
  return [columns.join(','), ...lines, ''].join('\r\n')
}

export function jsonOf(rounds: readonly RoundMetrics[]): string {
  return JSON.stringify({ rounds }, null, 2)
}

/** Hands `text` to the browser as a file to keep. */
export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The download has its own hold on the blob once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
