import type { DataShape } from '@quorate/shared/model/spec'

/** The data sets that this coordinator offers. */
export interface DataSets {
  ids(): readonly string[]
  /** Loaded once. Rejects with DATA_SET_NOT_FOUND, DATA_SET_INVALID or an IDX_ code. */
  open(id: string): Promise<DataSet>
}

/** A labelled data set in memory; nobody writes to its arrays. */
export interface DataSet extends Records {
  readonly id: string
  readonly name: string
  readonly shape: DataShape
  /** Bytes of one record: height × width × channels. */
  readonly recordBytes: number
  readonly test: Records
}

export interface Records {
  /** One class per record. */
  readonly labels: Uint8Array
  /** `[records, recordBytes]`, row-major, 0..255; divided by 255 where computed with. */
  readonly features: Uint8Array
}
