import type { DataShape, ModelSpec } from './spec.ts'

/**
 * A model as a list of layers; `dense` and `conv` own a weight and a bias tensor each.
 * Convolutions are stride 1; `pool` is max pooling of `size` with stride `size`.
 */
export type Layer =
  | { readonly kind: 'flatten' }
  | { readonly kind: 'dense'; readonly units: number; readonly relu: boolean }
  | {
      readonly kind: 'conv'
      readonly filters: number
      readonly size: number
      readonly padding: 'same' | 'valid'
      readonly relu: boolean
    }
  | { readonly kind: 'pool'; readonly size: number }

/** The layers of `spec` for records of `shape`; the last one gives `shape.classes` logits. */
export function layersOf(spec: ModelSpec, shape: DataShape): readonly Layer[] {
  const logits: Layer = { kind: 'dense', units: shape.classes, relu: false }
  switch (spec.kind) {
    case 'softmax':
      return [{ kind: 'flatten' }, logits]
    case 'mlp':
      return [
        { kind: 'flatten' },
        ...spec.hidden.map((units): Layer => ({ kind: 'dense', units, relu: true })),
        logits,
      ]
    case 'lenet5':
      return [
        { kind: 'conv', filters: 6, size: 5, padding: 'same', relu: true },
        { kind: 'pool', size: 2 },
        { kind: 'conv', filters: 16, size: 5, padding: 'valid', relu: true },
        { kind: 'pool', size: 2 },
        { kind: 'flatten' },
        { kind: 'dense', units: 120, relu: true },
        { kind: 'dense', units: 84, relu: true },
        logits,
      ]
    case 'cnn':
      return [
        { kind: 'conv', filters: 32, size: 3, padding: 'same', relu: true },
        { kind: 'pool', size: 2 },
        { kind: 'conv', filters: 64, size: 3, padding: 'same', relu: true },
        { kind: 'pool', size: 2 },
        { kind: 'flatten' },
        { kind: 'dense', units: 128, relu: true },
        logits,
      ]
  }
}
