import { describe, expect, it } from 'vitest'
import { checkSettings } from './problems.ts'
import { chooseMethod, preset } from './presets.ts'

describe('another method', () => {
  it('brings its usual rate and steps, unless they had been changed', () => {
    const draft = preset('demo')
    chooseMethod(draft, 'fedavg')
    expect(draft).toMatchObject({ learningRate: 0.3, localSteps: 5 })
    draft.learningRate = 0.7
    chooseMethod(draft, 'ef-vote')
    expect(draft).toMatchObject({ learningRate: 0.7, localSteps: 1 })
  })

  it('that sends floats leaves nothing wrong in the fields that it hides', () => {
    const draft = { ...preset('demo'), groupSize: Number.NaN }
    chooseMethod(draft, 'sgd')
    expect(checkSettings(draft).problems).toEqual({})
  })
})
