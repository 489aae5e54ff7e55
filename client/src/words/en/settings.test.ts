import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import { describe, expect, it } from 'vitest'
import { create } from './create.ts'
import { inFormOrder, settingLabel, settingsInWords } from './settings.ts'

describe('the settings of a run in words', () => {
  it('name every setting that the schema knows, and show no key of it', () => {
    for (const key of Object.keys(runSettings.parse(demoSettings))) {
      expect(settingLabel(key), key).toMatch(/^[A-Z]/)
    }
    for (const id of Object.keys(create.methods)) {
      const settings = runSettings.parse({ ...demoSettings, method: { id }, localSteps: 2 })
      for (const [label, value] of settingsInWords(settings)) {
        expect(label).toMatch(/^[A-Z]/)
        expect(label).not.toMatch(/[a-z][A-Z]/)
        expect(value).not.toBe('')
      }
    }
  })

  it('leave out what has no say in this run', () => {
    const said = (change: object) =>
      settingsInWords(runSettings.parse({ ...demoSettings, ...change })).map(([label]) => label)
    expect(said({})).not.toContain('Local learning rate')
    expect(said({ localSteps: 2 })).toContain('Local learning rate')
    expect(said({})).toEqual(expect.arrayContaining(['Block', 'Group size']))
    const floats = said({ method: { id: 'sgd' } })
    expect(floats.filter((label) => ['Block', 'Group size'].includes(label))).toEqual([])
    expect(said({ model: { kind: 'cnn' } })).not.toContain('Hidden widths')
  })

  it('come in the order of the form, and what the form does not know comes last', () => {
    expect(inFormOrder(['strange', 'batch', 'method.tau', 'name'])).toEqual([
      'name',
      'method.tau',
      'batch',
      'strange',
    ])
  })
})
