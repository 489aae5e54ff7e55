import { describe, expect, test } from 'vitest'
import { helpText, readCommand } from './flags.ts'

describe('the flags of the soak', () => {
  test('without any, all parts as long as usual', () => {
    expect(readCommand([])).toEqual({
      only: ['world', 'fuzz', 'sockets'],
      ...{ seeds: 5000, seed: 0, minutes: 10, inputs: 1_000_000, seconds: 60, trace: false },
    })
  })

  test('one seed again, step by step', () => {
    const argv = ['--only', 'world', '--seed', '7', '--seeds', '1', '--trace']
    expect(readCommand(argv)).toMatchObject({ only: ['world'], seed: 7, seeds: 1, trace: true })
  })

  test('what does not pass is named with what would', () => {
    expect(() => readCommand(['--only', 'moon'])).toThrow('is not one of world, fuzz, sockets')
    expect(() => readCommand(['--seeds', '0'])).toThrow('--seeds "0": is not a whole number')
    expect(() => readCommand(['--seed', ''])).toThrow('--seed "": is not a whole number')
    expect(() => readCommand(['--moon'])).toThrow(expect.objectContaining({ code: 'FLAG_INVALID' }))
  })

  test('help names every flag', () => {
    expect(readCommand(['--help'])).toBeNull()
    for (const flag of ['only', 'seed', 'seeds', 'minutes', 'inputs', 'seconds', 'trace']) {
      expect(helpText()).toContain(`--${flag} `)
    }
  })
})
