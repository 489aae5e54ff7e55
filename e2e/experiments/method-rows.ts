import type { MethodInput } from './mnist.ts'
import { NO_BUDGET, OPEN, TRUSTED } from './mnist.ts'

/** One method of the comparison. */
export interface MethodRow {
  readonly label: string
  readonly method: MethodInput
  /** γ, on label-partitioned and Dirichlet data, and on iid data. */
  readonly rates: { readonly skewed: number; readonly iid: number }
  readonly localSteps?: number
  readonly block?: 64
  /** The same as in the independent reference, label-partitioned and iid; null = not in its table. */
  readonly reference: { readonly label: number; readonly iid: number } | null
}

const same = (rate: number) => ({ skewed: rate, iid: rate })
const reference = (label: number, iid: number) => ({ label, iid })

/** Every method that a run can have, with the step that did best over a small grid. */
export const METHOD_ROWS: readonly MethodRow[] = [
  { label: 'sgd', method: { id: 'sgd' }, rates: same(1), reference: reference(0.941, 0.937) },
  {
    label: 'fedavg, H = 5',
    method: { id: 'fedavg' },
    rates: same(0.3),
    localSteps: 5,
    reference: reference(0.92, 0.955),
  },
  {
    label: 'ef-signsgd',
    method: { id: 'ef-signsgd' },
    rates: same(1),
    reference: reference(0.924, 0.943),
  },
  {
    label: 'ef-signsgd, two-way',
    method: { id: 'ef-signsgd', twoWay: true },
    rates: same(1),
    reference: reference(0.915, 0.943),
  },
  {
    label: 'mem-sgd, top 1 %',
    method: { id: 'mem-sgd' },
    rates: same(1),
    reference: reference(0.937, 0.937),
  },
  {
    label: 'mem-sgd, drawn 1 %',
    method: { id: 'mem-sgd', select: 'random' },
    rates: same(0.1),
    reference: reference(0.759, 0.797),
  },
  {
    label: 'signsgd-mv',
    method: { id: 'signsgd-mv' },
    rates: same(3e-3),
    reference: reference(0.297, 0.91),
  },
  {
    label: 'signum-mv',
    method: { id: 'signum-mv' },
    rates: { skewed: 1e-3, iid: 3e-3 },
    reference: reference(0.15, 0.95),
  },
  {
    label: 'noisy-signsgd, b = .03',
    method: { id: 'noisy-signsgd', noise: 0.03 },
    rates: same(3e-3),
    reference: null,
  },
  {
    label: 'sto-sign, B = .1',
    method: { id: 'sto-sign', bound: 0.1 },
    rates: same(3e-3),
    reference: null,
  },
  { label: 'ssdm', method: { id: 'ssdm' }, rates: same(0.03), reference: reference(0.324, 0.85) },
  {
    label: 'ssdm, linf-block',
    method: { id: 'ssdm', norm: 'linf-block' },
    rates: same(0.03),
    reference: reference(0.868, 0.941),
  },
  {
    label: 'z-sign-fedavg, H = 5',
    method: { id: 'z-sign-fedavg', sigma: 0.1 },
    rates: same(0.1),
    localSteps: 5,
    reference: null,
  },
  {
    label: 'ef-vote, κ 4, no budget',
    method: NO_BUDGET,
    rates: same(3e-3),
    // The mean of its three seeds.
    reference: reference(0.936, 0.949),
  },
  { label: 'ef-vote, open (κ 4, τ 2)', method: OPEN, rates: same(3e-3), reference: null },
  {
    label: 'ef-vote, open, clip 4',
    method: { ...OPEN, clip: 4 },
    rates: same(3e-3),
    reference: null,
  },
  { label: 'ef-vote, trusted (κ 8)', method: TRUSTED, rates: same(3e-3), reference: null },
  {
    label: 'ef-vote, H = 5, no budget',
    method: NO_BUDGET,
    rates: same(3e-3),
    localSteps: 5,
    reference: reference(0.928, 0.958),
  },
  {
    label: 'ef-vote, two-way, no budget',
    method: { ...NO_BUDGET, down: 'scaled' },
    rates: same(1),
    block: 64,
    reference: reference(0.937, 0.944),
  },
]
