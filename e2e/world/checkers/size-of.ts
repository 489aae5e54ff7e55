import { layoutOf } from '@quorate/shared/model/layout'
import type { Evidence } from './evidence.ts'

/** Parameters of the run's model, and the run's block. */
export function sizeOf({ settings, shape }: Pick<Evidence, 'settings' | 'shape'>): {
  d: number
  block: number
} {
  return { d: layoutOf(settings.model, shape).size, block: settings.block }
}
