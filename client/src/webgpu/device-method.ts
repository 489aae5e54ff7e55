import type {
  Ballot,
  ContributorTerms,
  RoundTerms,
  Settlement,
} from '@quorate/shared/methods/method'
import type { Program } from './compute.ts'

/** The contributor half of a method, its state on a device. */
export interface DeviceMethod {
  /** To be compiled before anything else is asked for. */
  readonly programs: readonly Program[]
  /** Rejects when the device is lost, or refuses; the state is as it was. */
  cast(direction: DeviceDirection, terms: ContributorTerms): Promise<DeviceCast>
  /** Commits or drops what a ballot would make of the state, which is released. */
  settle(pending: DevicePending, settlement: Settlement, terms: RoundTerms): void
  /** A ballot that will not be settled. */
  release(pending: DevicePending): void
  /** What the opening phase asks for; null where the method has none or it is not finite. */
  loudness(direction: DeviceDirection, terms: ContributorTerms): Promise<number | null>
}

/** share·(gradient + decay·x): what a method is given. */
export interface DeviceDirection {
  /** [d + 1]: a gradient, or a sum of them, and the loss. */
  readonly gradient: GPUBuffer
  /** [d] */
  readonly x: GPUBuffer
  readonly share: number
  readonly decay: number
}

/** What a ballot would make of the state. */
export interface DevicePending {
  /** [d], or null for methods without state. */
  readonly state: GPUBuffer | null
  readonly ballot: Ballot
  /** Mean |direction| at a share of 1, before it was clipped; 0 where the method does not ask. */
  readonly size: number
}

export type DeviceCast =
  | { readonly kind: 'cast'; readonly loss: number; readonly pending: DevicePending }
  | { readonly kind: 'non-finite'; readonly loss: number }

/** What a device method must know of the vector. */
export interface DeviceShape {
  readonly d: number
  readonly block: number
  readonly tensors: readonly { readonly offset: number; readonly size: number }[]
}
