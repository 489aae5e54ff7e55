import type { RunState } from '@quorate/shared/run/state'
import { describe, expect, it } from 'vitest'
import type { SessionStatus } from '../../session/view.ts'
import { progressOf, statusLine, troubleText } from './status.ts'

const statuses: { [K in SessionStatus['kind']]: readonly Extract<SessionStatus, { kind: K }>[] } = {
  idle: [{ kind: 'idle' }],
  connecting: [{ kind: 'connecting' }],
  preparing: [{ kind: 'preparing' }],
  'catching-up': [{ kind: 'catching-up' }],
  'waiting-for-data': [{ kind: 'waiting-for-data' }],
  ready: [{ kind: 'ready' }],
  training: [{ kind: 'training' }],
  ending: [
    { kind: 'ending', then: 'paused' },
    { kind: 'ending', then: 'stopped' },
  ],
  paused: [{ kind: 'paused' }],
  'connection-lost': [
    { kind: 'connection-lost', retryAtMs: 5000, reason: 'closed' },
    { kind: 'connection-lost', retryAtMs: 5000, reason: 'RUN_FULL' },
    { kind: 'connection-lost', retryAtMs: 5000, reason: 'TOO_MANY_FROM_ADDRESS' },
  ],
  stopped: [{ kind: 'stopped' }],
  finished: [{ kind: 'finished' }],
  failed: [
    { kind: 'failed', code: 'NO_BACKEND', detail: 'wasm cannot train conv layers.' },
    { kind: 'failed', code: 'SOMETHING_NEW', detail: 'An exact sentence from the server.' },
  ],
}

const runStates: { [K in RunState['kind']]: readonly Extract<RunState, { kind: K }>[] } = {
  created: [{ kind: 'created' }],
  waiting: [{ kind: 'waiting', need: 4, have: 1 }],
  calibrating: [{ kind: 'calibrating' }],
  training: [{ kind: 'training' }],
  paused: [
    { kind: 'paused', by: 'operator', reason: '' },
    { kind: 'paused', by: 'fault', reason: 'the disk is full.' },
  ],
  finished: [
    { kind: 'finished', why: 'rounds' },
    { kind: 'finished', why: 'target' },
    { kind: 'finished', why: 'stopped' },
  ],
}

const everyStatus = Object.values(statuses).flat()
const everyRunState = [null, ...Object.values(runStates).flat()]
const context = { nowMs: 0, pausedBy: 'me', joinable: true, places: null } as const

describe('the status line', () => {
  it('has a title and a sentence for every state of session and run', () => {
    for (const status of everyStatus) {
      for (const runState of everyRunState) {
        const { title, sentence } = statusLine({ status, runState }, context)
        expect(title).toMatch(/^[A-Z].*[^.]$/)
        expect(sentence).toMatch(/^[A-Z].*[.)]$/)
      }
    }
  })

  it('offers a way out of every state that does not move on by itself', () => {
    for (const kind of ['paused', 'stopped', 'finished', 'failed', 'connection-lost'] as const) {
      for (const status of statuses[kind]) {
        expect(statusLine({ status, runState: null }, context).ways).not.toHaveLength(0)
      }
    }
  })

  it('counts down to the next try and never below zero', () => {
    const [lost] = statuses['connection-lost']
    if (!lost) throw new Error('no example')
    const at = (nowMs: number) =>
      statusLine({ status: lost, runState: null }, { ...context, nowMs })
    expect(at(1500).sentence).toContain('in 4 s')
    expect(at(9000).sentence).toContain('Trying again now')
  })

  it('says of a full run that it is, for how many it is, and where else to go', () => {
    const [, full] = statuses['connection-lost']
    if (!full) throw new Error('no example')
    const said = statusLine({ status: full, runState: null }, { ...context, places: 1 })
    expect(said).toMatchObject({ title: 'The run is full', code: null })
    expect(said.sentence).toBe(
      'This run is for one contributor. A place may become free: trying again in 5 s.',
    )
    expect(said.ways).toEqual(['runs', 'stop-now'])
  })

  it('says a known trouble in plain words, and any other as it came', () => {
    expect(troubleText('RUN_FULL: signsgd takes one contributor at once.')).not.toMatch(/RUN_FULL/)
    expect(troubleText('TypeError: x: y')).toBe('TypeError: x: y')
  })

  it('says who is missing while the run waits', () => {
    const [waiting] = runStates.waiting
    const said = statusLine({ status: { kind: 'ready' }, runState: waiting ?? null }, context)
    expect(said.sentence).toContain('4 people')
    expect(said.ways).toContain('share')
  })

  it('shows the code of a failure and the sentence that came with an unknown one', () => {
    const status = { kind: 'failed', code: 'SOMETHING_NEW', detail: 'Exactly this.' } as const
    const said = statusLine({ status, runState: null }, context)
    expect(said).toMatchObject({ code: 'SOMETHING_NEW', sentence: 'Exactly this.' })
  })

  it('tells a pause on battery or on a metered connection from a pause by choice', () => {
    const view = { status: { kind: 'paused' }, runState: null } as const
    const title = (pausedBy: 'me' | 'battery' | 'metered') =>
      statusLine(view, { ...context, pausedBy }).title
    expect(title('me')).toBe('Paused')
    expect(title('battery')).toBe('Paused on battery')
    expect(title('metered')).toBe('Paused on a metered connection')
  })

  it('does not offer to join again where the run is over or held up', () => {
    const view = { status: { kind: 'stopped' }, runState: null } as const
    expect(statusLine(view, context).ways).toEqual(['again'])
    expect(statusLine(view, { ...context, joinable: false }).ways).toEqual(['runs'])
    const kicked = { kind: 'failed', code: 'KICKED', detail: '' } as const
    const said = statusLine({ status: kicked, runState: null }, { ...context, joinable: false })
    expect(said.ways).toEqual(['runs'])
  })

  it('does not offer to go on in a run that has finished', () => {
    for (const runState of runStates.finished) {
      const said = statusLine({ status: { kind: 'paused' }, runState }, context)
      expect(said).toMatchObject({ title: 'Finished', ways: ['runs'] })
    }
  })
})

describe('the progress of joining', () => {
  it('is shown from the first moment and known once loading has begun', () => {
    expect(progressOf({ status: { kind: 'connecting' }, loading: null })).toEqual({ share: null })
    const loading = { done: 1, total: 4 }
    expect(progressOf({ status: { kind: 'catching-up' }, loading })).toEqual({ share: 0.25 })
  })

  it('is not shown where nothing is on its way', () => {
    const loading = { done: 1, total: 4 }
    for (const kind of ['paused', 'stopped', 'finished'] as const) {
      expect(progressOf({ status: { kind }, loading })).toBeNull()
    }
    expect(progressOf({ status: { kind: 'training' }, loading: null })).toBeNull()
  })
})
