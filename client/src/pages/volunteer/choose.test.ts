import type { RunView } from '@quorate/shared/api/api'
import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import type { RunState } from '@quorate/shared/run/state'
import { describe, expect, it } from 'vitest'
import { byNeed, choose, isFull, isSuggested, mayJoin, nextRun } from './choose.ts'

function run(id: string, state: RunState, ready = 0): RunView {
  return {
    id,
    number: 1,
    settings: runSettings.parse(demoSettings),
    state,
    d: 25_450,
    round: 0,
    accuracy: null,
    loss: null,
    accuracyRound: null,
    contributors: ready,
    ready,
    places: null,
    inviteOnly: false,
    createdAtMs: 0,
    startedAtMs: null,
    roundMs: null,
    timeLeftMs: null,
    digest: null,
  }
}

const finished = run('finished', { kind: 'finished', why: 'rounds' })
const crowded = run('crowded', { kind: 'training' }, 9)
const lonely = run('lonely', { kind: 'training' }, 1)
const waiting = run('waiting', { kind: 'waiting', need: 4, have: 3 })
const created = run('created', { kind: 'created' })
const heldUp = run('held-up', { kind: 'paused', by: 'fault', reason: 'The ledger is damaged.' })
const full = { ...run('full', { kind: 'training' }, 1), places: 1 }
const paused = run('paused', { kind: 'paused', by: 'operator', reason: '' })

describe('the choice of a run', () => {
  it('puts runs that wait for people first, then the emptier, and finished ones last', () => {
    const order = byNeed([finished, heldUp, crowded, created, lonely, waiting])
    expect(order).toEqual([waiting, lonely, crowded, created, heldUp, finished])
  })

  it('lets nobody join what is over or held up by a fault', () => {
    const open = [finished, heldUp, paused, created, crowded, waiting].filter(mayJoin)
    expect(open).toEqual([paused, created, crowded, waiting])
    expect(choose('/', [heldUp, lonely])).toEqual({ kind: 'run', run: lonely })
  })

  it('suggests no run that has no place, is not started or stands still', () => {
    const all = [finished, heldUp, paused, created, full, crowded, waiting]
    expect(all.filter(isSuggested)).toEqual([crowded, waiting])
    expect(choose('/', [full, crowded])).toEqual({ kind: 'list', runs: [crowded, full] })
  })

  it('counts a run as full where the last place is taken, and where there is a bound', () => {
    expect([full, { ...full, contributors: 0 }, crowded].map(isFull)).toEqual([true, false, false])
    const over = { ...full, state: finished.state }
    expect([full, over].map(mayJoin)).toEqual([true, false])
  })

  it('goes straight to a lone run, and to the only one that is not over', () => {
    expect(choose('/', [finished])).toEqual({ kind: 'run', run: finished })
    expect(choose('/', [finished, lonely])).toEqual({ kind: 'run', run: lonely })
  })

  it('lists several, and all of them where all are asked for', () => {
    expect(choose('/', [lonely, waiting])).toEqual({ kind: 'list', runs: [waiting, lonely] })
    expect(choose('/runs', [finished, lonely]).kind).toBe('list')
  })

  it('finds the run of a shared link, or says that there is none', () => {
    expect(choose('/run/lonely', [waiting, lonely])).toEqual({ kind: 'run', run: lonely })
    expect(choose('/run/gone', [lonely])).toEqual({ kind: 'missing' })
    expect(choose('/', [])).toEqual({ kind: 'none' })
  })
})

describe('the run offered after one that is over', () => {
  const anew = {
    ...crowded,
    createdAtMs: 5,
    settings: { ...crowded.settings, seed: 7 },
  }
  const different = { ...waiting, settings: { ...waiting.settings, rounds: 3 } }

  it('is the same one trained anew, whatever needs people more', () => {
    expect(nextRun(finished, [finished, different, anew])).toEqual({ kind: 'again', run: anew })
  })

  it('is else the one that needs people most, and none where nothing trains', () => {
    expect(nextRun(finished, [finished, different])).toEqual({ kind: 'other', run: different })
    expect(nextRun(finished, [finished, created, full])).toBeNull()
  })
})
