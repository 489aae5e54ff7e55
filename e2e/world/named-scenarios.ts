/** Scenarios in which a bug was found, as they were drawn: what seeds draw may change, these do not. */
import { smallRun } from './checks.ts'
import type { Person, Scenario } from './scenario.ts'

const person: Person = {
  joinsAtMs: 0,
  webrtc: true,
  intensity: 1,
  skew: { offsetMs: 0, rate: 1 },
  lie: null,
}

export const NAMED_SCENARIOS: Readonly<Record<string, Scenario>> = {
  /** Each declined what the other took part in, 584 times: a round that opened again was declined like another. */
  'two at half intensity meet where a round needs two': {
    seed: 689,
    theme: 'people',
    settings: {
      ...smallRun,
      seed: 689,
      method: { id: 'signum-mv' },
      partition: { kind: 'iid' },
      groupSize: 5,
      minRoundMs: 250,
      minVoters: 2,
      ballotDeadlineMs: 1500,
    },
    people: [
      { ...person, joinsAtMs: 4, webrtc: false, intensity: 0.5 },
      { ...person, joinsAtMs: 48, intensity: 0.5 },
    ],
    coordinatorRate: 1.0150987875130577,
    faults: [
      { kind: 'crash', who: 1, atMs: 1016, back: { afterMs: 90, sameTab: false } },
      { kind: 'crash', who: 1, atMs: 2022, back: null },
    ],
    rounds: 17,
    spanMs: 2000,
  },
  /** It was told not to try again: whoever says no hello within ten seconds was turned away for good. */
  'a page that stands still while it connects comes back': {
    seed: 3171,
    theme: 'people',
    settings: { ...smallRun, seed: 3171, minRoundMs: 3000 },
    people: [person, person],
    coordinatorRate: 1,
    faults: [
      { kind: 'freeze', who: 0, atMs: 14_000, forMs: 46_000 },
      { kind: 'reconnect', who: 0, atMs: 20_000 },
    ],
    rounds: 16,
    spanMs: 80_000,
  },
}
