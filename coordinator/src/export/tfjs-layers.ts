import type { Layer } from '@quorate/shared/model/layers'
import { layersOf } from '@quorate/shared/model/layers'
import type { Layout } from '@quorate/shared/model/layout'
import type { DataShape, ModelSpec } from '@quorate/shared/model/spec'

/**
 * The model as a model.json that `tf.loadLayersModel` takes: a Keras Sequential and the places of
 * its weights in `weights.bin`. Its outputs are probabilities (softmax of the logits).
 */
export function tfjsLayersModel(
  spec: ModelSpec,
  shape: DataShape,
  parts: { readonly layout: Layout; readonly metadata: Readonly<Record<string, string>> },
): object {
  const layers = layersOf(spec, shape)
  const config = layers.map((layer, index) => ({
    ...kerasLayer(layer, { name: nameOf(layer, index), isLast: index === layers.length - 1 }),
  }))
  const [first] = config
  if (first)
    Object.assign(first.config, { batch_input_shape: [null, ...shape.input], dtype: 'float32' })
  return {
    format: 'layers-model',
    generatedBy: 'Quorate',
    convertedBy: null,
    userDefinedMetadata: { ...parts.metadata, input: 'values in 0..1' },
    modelTopology: {
      keras_version: 'tfjs-layers 4.22.0',
      backend: 'tensor_flow.js',
      model_config: { class_name: 'Sequential', config: { name: spec.kind, layers: config } },
    },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: parts.layout.tensors.map(({ name, shape: tensorShape }) => ({
          name: name.replace('/weight', '/kernel'),
          shape: tensorShape,
          dtype: 'float32',
        })),
      },
    ],
  }
}

interface KerasLayer {
  readonly class_name: string
  readonly config: Record<string, unknown>
}

function kerasLayer(layer: Layer, at: { name: string; isLast: boolean }): KerasLayer {
  const { name } = at
  const activationOf = (relu: boolean) => (relu ? 'relu' : at.isLast ? 'softmax' : 'linear')
  switch (layer.kind) {
    case 'flatten':
      return { class_name: 'Flatten', config: { name } }
    case 'dense': {
      const activation = activationOf(layer.relu)
      return {
        class_name: 'Dense',
        config: { name, units: layer.units, activation, use_bias: true },
      }
    }
    case 'conv':
      return {
        class_name: 'Conv2D',
        config: {
          name,
          filters: layer.filters,
          kernel_size: [layer.size, layer.size],
          strides: [1, 1],
          padding: layer.padding,
          data_format: 'channels_last',
          activation: activationOf(layer.relu),
          use_bias: true,
        },
      }
    case 'pool': {
      const size = [layer.size, layer.size]
      const config = { name, pool_size: size, strides: size, padding: 'valid' }
      return { class_name: 'MaxPooling2D', config: { ...config, data_format: 'channels_last' } }
    }
  }
}

/** As in the flat layout, so that weights find their layers. */
function nameOf(layer: Layer, index: number): string {
  return `${layer.kind}${index}`
}
