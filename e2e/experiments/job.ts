import { createHash } from 'node:crypto'
import type { SimulationSettings } from '../simulator/settings.ts'
import type { ToySettings } from './toy-settings.ts'

export interface SimulationJob {
  readonly kind: 'simulation'
  readonly settings: SimulationSettings
}

export interface ToyJob {
  readonly kind: 'toy'
  readonly settings: ToySettings
}

/** One thing to compute, whole and by itself: its result follows from it. */
export type Job = SimulationJob | ToyJob

const ID_DIGITS = 16

/** The same for the same settings, whatever the order of their keys. */
export function jobId(one: Job): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(one)))
    .digest('hex')
    .slice(0, ID_DIGITS)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]))
}
