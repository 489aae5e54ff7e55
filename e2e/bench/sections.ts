import type { Section } from './section.ts'

/** A section by the name that `--only` takes; its code is loaded when it is wanted. */
interface Entry {
  readonly id: string
  readonly about: string
  load(): Promise<Section>
}

/** All sections, in the order in which they run. */
export const sections: readonly Entry[] = [
  {
    id: 'counting',
    about: 'tallies and their merging against plain loops and a float32 mean',
    load: async () => (await import('./counting/counting.ts')).counting,
  },
  {
    id: 'server',
    about: 'the coordinator with up to 10,000 contributors: ballots, verdicts, memory',
    load: async () => (await import('./server/server.ts')).server,
  },
]
