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
    id: 'signing',
    about: 'signs, draws, casts and steps on the CPU against plain loops',
    load: async () => (await import('./signing/signing.ts')).signing,
  },
  {
    id: 'anatomy',
    about: 'where the time of a round goes, in 2 and 4 real browsers',
    load: async () => (await import('./anatomy/anatomy.ts')).anatomy,
  },
  {
    id: 'bytes',
    about: 'bytes of a round against their formulas, in real browsers',
    load: async () => (await import('./bytes/bytes.ts')).bytes,
  },
  {
    id: 'local',
    about: 'accuracy by wall time of 1, 2 and 4 browsers against plain SGD in one',
    load: async () => (await import('./local/local.ts')).local,
  },
  {
    id: 'page',
    about: 'what a first visit downloads, and how long until it counts',
    load: async () => (await import('./page/page.ts')).page,
  },
  {
    id: 'webgpu',
    about: 'steps, ballots and verdicts on WebGPU, and the adapter they ran on',
    load: async () => (await import('./webgpu/webgpu.ts')).webgpu,
  },
  {
    id: 'server',
    about: 'the coordinator with up to 10,000 contributors: ballots, verdicts, memory',
    load: async () => (await import('./server/server.ts')).server,
  },
]
