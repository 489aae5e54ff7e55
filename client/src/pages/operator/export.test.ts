import { describe, expect, it } from 'vitest'
import { roundOfTests } from '../../live/round.fixture.ts'
import { csvOf, jsonOf } from './export.ts'

const round = { ...roundOfTests, round: 7, accuracy: 0.9 }

describe('the export', () => {
  it('names every figure of a round in the header, once', () => {
    const [header] = csvOf([round]).split('\r\n')
    expect(header?.split(',').sort()).toEqual(Object.keys(round).sort())
  })

  it('leaves a field empty where the figure is not known, and zero where it is zero', () => {
    const lines = csvOf([round]).split('\r\n')
    expect(lines[1]).toBe('7,1,4,4,0.003,250,100,2,4000,2000,1100,9,3,0,,0.9,')
    expect(lines[2]).toBe('')
  })

  it('keeps all figures in JSON', () => {
    expect(JSON.parse(jsonOf([round]))).toEqual({ rounds: [round] })
  })
})
