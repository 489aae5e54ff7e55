import type { EventView } from '@quorate/shared/api/api'
import type { DataShape } from '@quorate/shared/model/spec'
import type { RunSettings } from '@quorate/shared/run/settings'
import type { StoredCheckpoint } from '@quorate/coordinator/training/ports'
import type { Player } from '../players.ts'
import type { Scenario } from '../scenario.ts'
import type { Witness } from '../witness.ts'

/** What a checker may look at once a scenario has been played. */
export interface Evidence {
  readonly scenario: Scenario
  readonly witness: Witness
  readonly settings: RunSettings
  readonly runNumber: number
  readonly shape: DataShape
  /** Ascending by round; the first is of round 0. */
  readonly checkpoints: readonly StoredCheckpoint[]
  /** Round and digest of every replica at the end, each distinct one once. */
  readonly replicas: readonly string[]
  /** The coordinator's replica at the end. */
  readonly parameters: Float32Array
  readonly evaluate: (parameters: Float32Array) => { accuracy: number; loss: number }
  readonly players: readonly Player[]
  /** That the coordinator knows. */
  readonly contributors: number
  readonly events: readonly EventView[]
}

/** What is wrong, in sentences; nothing where all holds. Knows nothing of the faults. */
export type Checker = (evidence: Evidence) => string[]
