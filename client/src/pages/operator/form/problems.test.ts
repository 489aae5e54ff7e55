import { describe, expect, it } from 'vitest'
import { byPath, checkSettings } from './problems.ts'
import { preset, presetNames } from './presets.ts'

describe('the check of the form', () => {
  it.each(presetNames)('finds nothing wrong with the preset %s', (name) => {
    expect(checkSettings(preset(name))).toEqual({ settings: preset(name), problems: {} })
  })

  it.each([
    ['rounds', { rounds: null }, 'A number is needed.'],
    ['rounds', { rounds: 1.5 }, 'A whole number is needed.'],
    ['rounds', { rounds: 0 }, 'At least 1.'],
    ['shards', { shards: 20_000 }, 'At most 10,000.'],
    ['learningRate', { learningRate: 0 }, 'More than 0.'],
    ['name', { name: '  ' }, 'This is needed.'],
    ['partition.alpha', { partition: { kind: 'dirichlet', alpha: -1 } }, 'More than 0.'],
    ['model.hidden', { model: { kind: 'mlp', hidden: [32, Number.NaN] } }, 'A number is needed.'],
    [
      'warmUpRounds',
      { rounds: 5, warmUpRounds: 6 },
      'The warm-up cannot be longer than all rounds together.',
    ],
    [
      'localSteps',
      { method: { id: 'fedavg' } },
      'FedAvg takes two local steps or more; with one it is SGD.',
    ],
    ['method.beta', { method: { id: 'ssdm', beta: 1 } }, 'Less than 1.'],
  ])('says at %s what is wrong with %o', (path, change, sentence) => {
    const { settings, problems } = checkSettings({ ...preset('demo'), ...change })
    expect(settings).toBeNull()
    expect(problems).toEqual({ [path]: sentence })
  })

  it('puts a rule between two settings at one of them', () => {
    const shared = { ...preset('demo'), partition: { kind: 'shared' } }
    expect(Object.keys(checkSettings(shared).problems)).toEqual(['shards'])
  })

  it('reads the server’s paths, by dots or as pointers', () => {
    const issues = [
      { path: '/model/hidden/0', message: 'a' },
      { path: 'model.hidden.1', message: 'b' },
      { path: 'rounds', message: 'c' },
    ]
    expect(byPath(issues)).toEqual({ 'model.hidden': 'a', rounds: 'c' })
  })
})
