/** Runs in a browser with WebGPU, and offers every check of names.ts to the test that opens it. */
import type { CheckName } from './names.ts'
import { programChecks } from './program-checks.ts'
import { LongRun, trainingChecks } from './training-checks.ts'

const checks: Readonly<Record<CheckName, () => Promise<void>>> = {
  ...programChecks,
  ...trainingChecks,
}
Object.assign(window, { checks, longRun: new LongRun() })
