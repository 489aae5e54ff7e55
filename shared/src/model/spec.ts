import { z } from 'zod'

/** The built-in models. A model is data; its tensors follow from it and from the data's shape. */
export const modelSpec = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('softmax') }),
  z.strictObject({
    kind: z.literal('mlp'),
    hidden: z.array(z.int().min(1).max(8192)).min(1).max(8),
  }),
  z.strictObject({ kind: z.literal('lenet5') }),
  z.strictObject({ kind: z.literal('cnn') }),
])
export type ModelSpec = z.infer<typeof modelSpec>

/** What a data set's records look like: `[height, width, channels]`, values in 0..1. */
export interface DataShape {
  readonly input: readonly [number, number, number]
  readonly classes: number
}

/** DESIGN.md's limit on d: 2²⁴ parameters. */
export const MAX_PARAMETERS = 2 ** 24
