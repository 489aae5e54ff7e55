import type { Tile } from '../kernels/tile.ts'
import { tile } from '../kernels/tile.ts'
import { signAt } from '../sign/pack.ts'
import type { Slice } from '../tally/slices.ts'
import { gridValue } from './grid.ts'
import type { Ballot, FloatVector } from './method.ts'
import { MAX_WEIGHT } from './settings.ts'
import { blocksOf } from './shape.ts'

/** What a block's settlement takes from each |p_i|, and the bound on what stays owed. */
export interface SettledBlock {
  /** w·unit, or 0 where the ballot was not counted. */
  readonly sent: number
  /** K·W·unit */
  readonly most: number
}

/** `unit`: the block's grid byte; `bound`: K. */
export function settledBlock(
  unit: number,
  { weight, counted, bound }: { weight: number; counted: boolean; bound: number },
): SettledBlock {
  const size = gridValue(unit)
  return { sent: counted ? weight * size : 0, most: bound * MAX_WEIGHT * size }
}

/** p, [d], and what was sent of it. */
interface Sent {
  readonly p: FloatVector
  readonly ballot: Ballot
}

/** A slice's settlement. */
interface SettledSlice {
  readonly slice: Slice
  /** Coordinates per block. */
  readonly block: number
  readonly counted: boolean
  /** Grid bytes of all blocks. */
  readonly units: Uint8Array
  /** K */
  readonly bound: number
}

/** e ← clip(p − s·w·unit, ±K·W·unit) where counted, else clip(p); in one slice, in place. */
export function owe(e: FloatVector, sent: Sent, at: SettledSlice): void {
  const float32 = e instanceof Float32Array && sent.p instanceof Float32Array
  const scratch = float32 ? tile() : null
  if (scratch === null || at.block % 32 !== 0 || scratch.size % at.block !== 0) {
    owePlain(e, sent, at)
  } else {
    oweInWasm(scratch, e, sent, at)
  }
}

/** The plain reference of `owe`, and its twin where there are no kernels. */
export function owePlain(e: FloatVector, { p, ballot }: Sent, at: SettledSlice): void {
  for (const { b, start, end } of blocksOf(at.slice, at.block)) {
    const { sent, most } = settledBlockAt(b, ballot, at)
    for (let i = start; i < end; i++) {
      const rest = (p[i] ?? 0) - signAt(ballot.signs, i) * sent
      e[i] = Math.max(-most, Math.min(most, rest))
    }
  }
}

/** `owe` by the kernel of shared/kernels/vector.ts, as many whole blocks at a time as a tile has. */
function oweInWasm(
  { kernels, size, x, plus, blockA, blockB }: Tile,
  e: FloatVector,
  { p, ballot }: Sent,
  at: SettledSlice,
): void {
  const { slice, block } = at
  for (let start = slice.start; start < slice.end; start += size) {
    const end = Math.min(slice.end, start + size)
    const blocks = Math.ceil((end - start) / block)
    for (let k = 0; k < blocks; k++) {
      const { sent, most } = settledBlockAt(start / block + k, ballot, at)
      blockA[k] = sent
      blockB[k] = most
    }
    x.set(p.subarray(start, end))
    plus.set(ballot.signs.subarray(start / 32, Math.ceil(end / 32)))
    kernels.vectorOwe(blocks, block)
    e.set(x.subarray(0, end - start), start)
  }
}

function settledBlockAt(
  b: number,
  { weights }: Ballot,
  { units, counted, bound }: SettledSlice,
): SettledBlock {
  return settledBlock(units[b] ?? 0, { weight: weights?.[b] ?? 1, counted, bound })
}
