import { expect, test } from 'vitest'
import { routeIn } from './route.ts'
import type { Report } from './route.ts'

const candidates: [string, Report][] = [
  ['h', { type: 'local-candidate', candidateType: 'host' }],
  ['p', { type: 'remote-candidate', candidateType: 'prflx' }],
  ['r', { type: 'local-candidate', candidateType: 'relay' }],
]
const pair = (local: string, remote: string, more: Partial<Report> = {}): Report => {
  return { type: 'candidate-pair', localCandidateId: local, remoteCandidateId: remote, ...more }
}

test('an edge goes by TURN where either end of the selected pair is a relay', () => {
  const reports = new Map<string, Report>([
    ...candidates,
    ['1', pair('h', 'p', { nominated: true, state: 'succeeded' })],
    ['2', pair('r', 'p')],
    ['t', { type: 'transport', selectedCandidatePairId: '2' }],
  ])
  expect(routeIn(reports)).toBe('turn')
  reports.set('t', { type: 'transport', selectedCandidatePairId: '1' })
  expect(routeIn(reports)).toBe('direct')
})

test('without a transport report it is the pair marked as selected, else the nominated one', () => {
  const nominated = pair('h', 'p', { nominated: true, state: 'succeeded' })
  const selected = pair('r', 'p', { selected: true })
  expect(routeIn(new Map([...candidates, ['1', nominated], ['2', selected]]))).toBe('turn')
  expect(routeIn(new Map([...candidates, ['1', nominated]]))).toBe('direct')
  expect(routeIn(new Map([...candidates, ['1', pair('h', 'p', { state: 'failed' })]]))).toBeNull()
})
