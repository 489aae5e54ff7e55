import type { z } from 'zod'
import type { ToyJob } from './job.ts'
import { toySettings } from './toy-settings.ts'

export function toyJob(settings: z.input<typeof toySettings>): ToyJob {
  return { kind: 'toy', settings: toySettings.parse(settings) }
}
