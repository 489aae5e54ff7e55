import type {
  Ballot,
  ContributorTerms,
  Method,
  Settlement,
  Verdict,
} from '@quorate/shared/methods/method'
import type { LocalStepSettings } from '@quorate/shared/methods/local-steps'
import type { MethodSettings } from '@quorate/shared/methods/settings'
import type { Slice } from '@quorate/shared/tally/slices'
import type { Payload } from '../session/ports.ts'
import type { Batch } from './chunks.ts'

/** What of a run decides what is done to its vectors. */
export interface VectorPlan {
  /** Number of parameters. */
  readonly d: number
  /** Coordinates per block. */
  readonly block: number
  readonly method: Method
  /** The settings that `method` was made from. */
  readonly methodSettings: MethodSettings
  readonly localSteps: LocalStepSettings
}

/** What a ballot is computed from. */
export interface DirectionOrder {
  /** Multiplies the direction. */
  readonly share: number
  /** The batch of local step h = 0..H−1. */
  readonly batch: (step: number) => Batch
}

export type VectorsCast =
  | {
      readonly kind: 'cast'
      readonly sent: Ballot | Payload
      /** Mean over the batches. */
      readonly loss: number
    }
  /** Something is NaN or infinite; nothing was changed. */
  | { readonly kind: 'non-finite'; readonly detail: string }

/** The parameters x [d] of a replica, wherever they live. A call follows the end of the one before. */
export interface Parameters {
  /** Replaces x by a copy of `parameters`. */
  load(parameters: Float32Array): Promise<void>
  /** Takes the verdict's step, to the same bits as `applyVerdict`. */
  apply(verdict: Verdict, slices: readonly Slice[]): Promise<void>
  /** A copy of x. */
  parameters(): Promise<Float32Array<ArrayBuffer>>
}

/**
 * A replica's parameters together with its contributor's state of the method. Parameters that are
 * loaded leave that state as it is, and drop the ballots that are not settled.
 */
export interface Vectors extends Parameters {
  /** What the opening phase asks for; null where the method has none or it is not finite. */
  loudness(order: DirectionOrder, terms: ContributorTerms): Promise<number | null>
  /**
   * The ballot at x, and its provisional state under `attempt`. Rejects as computing a gradient
   * does.
   */
  cast(order: DirectionOrder, attempt: number, terms: ContributorTerms): Promise<VectorsCast>
  /** Commits or drops the ballot of this attempt; unknown attempts are ignored. */
  settle(attempt: number, settlement: Settlement): Promise<void>
  /** Frees what is held; no other call follows. */
  close(): void
}
