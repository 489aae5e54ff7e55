/** What the page and the training worker say to each other; both are built together. */
import type { BackendName } from '@quorate/shared/protocol/messages'
import type { Trainer } from '../session/ports.ts'

type Method = Exclude<keyof Trainer, 'close'>

export type TrainerCall = {
  [M in Method]: { readonly method: M; readonly args: Parameters<Trainer[M]> }
}[Method]

export type TrainerResult<M extends Method> = Awaited<ReturnType<Trainer[M]>>

export type ToWorker =
  /** Comes first. `forced`: the one backend to use, whatever the measurement would say. */
  | { readonly kind: 'start'; readonly forced: BackendName | null }
  | { readonly kind: 'call'; readonly id: number; readonly call: TrainerCall }

export type FromWorker =
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | {
      readonly kind: 'error'
      readonly id: number
      readonly code: string
      readonly message: string
    }

/** What page and timer worker say. */
export type ToTimer =
  | { readonly kind: 'after'; readonly id: number; readonly delayMs: number }
  | { readonly kind: 'cancel'; readonly id: number }

/** The id of the timer that is due. */
export type FromTimer = number
