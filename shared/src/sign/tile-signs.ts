import type { Tile } from '../kernels/tile.ts'
import type { SignWords } from '../methods/method.ts'
import type { CoinWords } from '../random/streams.ts'
import { chooseStream } from '../random/streams.ts'

/** Coordinates `start` to `end` of a vector: the first lies in word ⌊start / 32⌋, the tile's first. */
interface Piece {
  readonly start: number
  readonly end: number
}

/** Gives the tile's zeros the signs of their rule. */
export function settleZeros(tile: Tile, zero: 'plus' | CoinWords, piece: Piece): void {
  const count = wordsOf(piece)
  if (zero === 'plus') {
    for (let w = 0; w < count; w++) tile.plus[w] = (tile.plus[w] ?? 0) | (tile.zero[w] ?? 0)
    return
  }
  chooseStream(tile, zero.place)
  tile.kernels.philoxToss(piece.start >>> 5, count)
}

/** Copies the tile's signs of a piece to `words`, where other coordinates' bits stay as they are. */
export function copySigns(tile: Tile, words: SignWords, piece: Piece): void {
  const { plus } = tile
  const first = piece.start >>> 5
  const count = wordsOf(piece)
  plus[0] = (plus[0] ?? 0) & (-1 << (piece.start & 31))
  if (piece.end & 31) plus[count - 1] = (plus[count - 1] ?? 0) & ~(-1 << (piece.end & 31))
  plus[0] |= words[first] ?? 0
  if (count > 1) plus[count - 1] = (plus[count - 1] ?? 0) | (words[first + count - 1] ?? 0)
  words.set(plus.subarray(0, count), first)
}

/** Words that a piece touches. */
export function wordsOf({ start, end }: Piece): number {
  return Math.ceil(end / 32) - (start >>> 5)
}
