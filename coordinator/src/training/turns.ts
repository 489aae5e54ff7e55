import { encodeTurn } from '@quorate/shared/wire/turn'
import type { Opening, Settled } from '@quorate/shared/wire/turn'
import type { Contributor } from './contributor.ts'
import type { Roster } from './roster.ts'

/** What stands between two rounds, by contributor number. */
export interface Turns {
  readonly settled: ReadonlyMap<number, Settled>
  readonly openings: ReadonlyMap<number, Opening>
}

/**
 * One message to everybody present who has something to hear: the verdict, the same bytes for all,
 * and with it what became of its own ballot and the opening of the next round. Who reads too slowly
 * is sent nothing.
 */
export function sendTurns(
  { roster, run }: { readonly roster: Roster; readonly run: number },
  verdict: Uint8Array | null,
  { settled, openings }: Turns,
): void {
  for (const { number, connection, behind, allowance } of roster.present()) {
    if (behind) continue
    const own = { settled: settled.get(number) ?? null, opening: openings.get(number) ?? null }
    if (own.opening) allowance?.grant()
    const told = own.settled || own.opening ? encodeTurn(run, own) : null
    if (verdict || told) connection?.sendTurn(verdict, told)
  }
}

/** Says again what became of the last ballots of somebody who may not have heard. */
export function repeatSettled({ connection, settlements }: Contributor, run: number): void {
  for (const settled of settlements) {
    connection?.sendTurn(null, encodeTurn(run, { settled, opening: null }))
  }
}
