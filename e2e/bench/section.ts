/** One part of the benchmark: a table of its own and what it should reach. */
export interface Section {
  /** For `--only`. */
  readonly id: string
  readonly title: string
  /** Measures; each fast path is checked against its reference before it is timed. */
  run(bench: Bench): Promise<Findings>
}

/** What a section is given. */
export interface Bench {
  /** Times that each comparison is repeated; medians are shown. */
  readonly repeats: number
  /** One line on stderr: what is under way. */
  progress(text: string): void
  /** Path of a Chromium, which is installed first where there is none. */
  chromium(): Promise<string>
}

/** What a section found. */
export interface Findings {
  readonly columns: readonly Column[]
  /** By the keys of the columns; a number is shown to three digits, what is missing as –. */
  readonly rows: readonly Readonly<Record<string, string | number>>[]
  readonly reaches: readonly Reach[]
  /** What a reader must know: the adapter, what was left out and why. */
  readonly notes: readonly string[]
}

export interface Column {
  readonly key: string
  readonly title: string
}

/** A figure that must be reached. */
export interface Reach {
  readonly what: string
  readonly value: number
  readonly bound: 'at least' | 'at most'
  readonly wanted: number
  /** `×` for ratios. */
  readonly unit: string
}

/** Whether a figure is reached. */
export function reached({ value, bound, wanted }: Reach): boolean {
  return bound === 'at least' ? value >= wanted : value <= wanted
}
