import type { MethodId, MethodSettings } from '@quorate/shared/methods/settings'
import { create as words } from './create.ts'

/** How one hyper-parameter of a method is asked for. */
export type MethodField =
  | {
      readonly kind: 'number'
      readonly key: string
      readonly label: string
      readonly note?: string
    }
  | {
      readonly kind: 'choice'
      readonly key: string
      readonly label: string
      /** What each choice is called. */
      readonly choices: Readonly<Record<string, string>>
    }
  | { readonly kind: 'check'; readonly key: string; readonly label: string; readonly note: string }

/** Every hyper-parameter of a method has a field. */
type FieldsOf<Id extends MethodId> = readonly (MethodField & {
  readonly key: Exclude<keyof Extract<MethodSettings, { id: Id }>, 'id'>
})[]

const beta = { kind: 'number', key: 'beta', label: words.beta } as const
const zeroRule = {
  kind: 'choice',
  key: 'zeroRule',
  label: words.zeroRule,
  choices: words.rules,
} as const
const tieRule = {
  kind: 'choice',
  key: 'tieRule',
  label: words.tieRule,
  choices: words.rules,
} as const

export const methodFields: { readonly [Id in MethodId]: FieldsOf<Id> } = {
  'ef-vote': [
    beta,
    { kind: 'number', key: 'kappa', label: words.kappa, note: words.kappaNote },
    { kind: 'number', key: 'tau', label: words.tau, note: words.tauNote },
    { kind: 'number', key: 'errorBound', label: words.errorBound },
    { kind: 'number', key: 'clip', label: words.clip, note: words.clipNote },
    { kind: 'number', key: 'floor', label: words.floor, note: words.floorNote },
    { kind: 'choice', key: 'down', label: words.down, choices: words.downs },
    zeroRule,
    tieRule,
  ],
  signsgd: [zeroRule],
  'signsgd-mv': [zeroRule, tieRule],
  'signum-mv': [beta, zeroRule, tieRule],
  ssdm: [beta, { kind: 'choice', key: 'norm', label: words.norm, choices: words.norms }],
  'noisy-signsgd': [
    { kind: 'number', key: 'noise', label: words.noise, note: words.noiseNote },
    zeroRule,
    tieRule,
  ],
  'sto-sign': [
    { kind: 'number', key: 'bound', label: words.bound, note: words.boundNote },
    tieRule,
  ],
  'z-sign-fedavg': [
    { kind: 'choice', key: 'distribution', label: words.noiseKind, choices: words.noiseKinds },
    { kind: 'number', key: 'sigma', label: words.sigma },
    zeroRule,
  ],
  'ef-signsgd': [
    { kind: 'check', key: 'twoWay', label: words.twoWay, note: words.twoWayNote },
    zeroRule,
    tieRule,
  ],
  'mem-sgd': [
    { kind: 'choice', key: 'select', label: words.select, choices: words.selects },
    { kind: 'number', key: 'share', label: words.share, note: words.shareNote },
    { kind: 'check', key: 'memory', label: words.memory, note: words.memoryNote },
  ],
  sgd: [],
  fedavg: [],
}
