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
}
