import { methodSettings } from '@quorate/shared/methods/settings'
import { describe, expect, it } from 'vitest'
import { checkSettings } from './problems.ts'
import { changeMethod, preset } from './presets.ts'

describe('another method', () => {
  it('brings its usual rate and steps, unless they had been changed', () => {
    const draft = preset('demo')
    changeMethod(draft, methodSettings.parse({ id: 'fedavg' }))
    expect(draft).toMatchObject({ learningRate: 0.3, localSteps: 5 })
    draft.learningRate = 0.7
    changeMethod(draft, methodSettings.parse({ id: 'ef-vote' }))
    expect(draft).toMatchObject({ learningRate: 0.7, localSteps: 1 })
  })

  it('that sends floats leaves nothing wrong in the fields that it hides', () => {
    const draft = { ...preset('demo'), groupSize: Number.NaN }
    changeMethod(draft, methodSettings.parse({ id: 'sgd' }))
    expect(checkSettings(draft).problems).toEqual({})
  })
})
