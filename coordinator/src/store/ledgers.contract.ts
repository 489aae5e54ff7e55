import { describe, expect, test } from 'vitest'
import type { Ledger, LedgerEntry, Ledgers } from '../training/ports.ts'

export interface LedgersUnderTest {
  readonly ledgers: Ledgers
  /** As the next process finds them. */
  reopen(): Promise<Ledgers>
  dispose(): Promise<void>
}

/** What every implementation of `Ledgers` does. */
export function ledgersContract(name: string, make: () => Promise<LedgersUnderTest>): void {
  const withLedgers = (claim: string, body: (under: LedgersUnderTest) => Promise<void>) =>
    test(claim, async () => {
      const under = await make()
      try {
        await body(under)
      } finally {
        await under.dispose()
      }
    })

  describe(`${name} as ledgers`, () => {
    withLedgers('a new ledger is empty', async ({ ledgers }) => {
      const ledger = await ledgers.open('run')
      expect(ledger.head).toBeNull()
      expect(await ledger.frames(0)).toHaveLength(0)
      expect(await replayed(ledger, 0)).toEqual([])
      await ledger.close()
    })

    withLedgers('entries come back in order, after a reopening too', async (under) => {
      const entries = [entry(0, 1), entry(1, 2), entry(2, 7)]
      const ledger = await under.ledgers.open('run')
      for (const each of entries) await ledger.append(each)
      expect(ledger.head).toEqual({ round: 2, attempt: 7 })
      expect(await replayed(ledger, 0)).toEqual(entries)
      await ledger.close()
      const again = await (await under.reopen()).open('run')
      expect(again.head).toEqual({ round: 2, attempt: 7 })
      expect(await replayed(again, 1)).toEqual(entries.slice(1))
      await again.append(entry(3, 8))
      expect(await replayed(again, 3)).toEqual([entry(3, 8)])
      await again.close()
    })

    withLedgers('frames are the verdict frames alone, concatenated', async ({ ledgers }) => {
      const ledger = await ledgers.open('run')
      for (let round = 0; round < 4; round++) await ledger.append(entry(round, round + 1))
      const frames = [entry(2, 3).frame, entry(3, 4).frame]
      expect(await ledger.frames(2)).toEqual(new Uint8Array(Buffer.concat(frames)))
      expect(await ledger.frames(4)).toHaveLength(0)
      await ledger.close()
    })

    withLedgers('covered records may go, frames and later records stay', async (under) => {
      const ledger = await under.ledgers.open('run')
      for (let round = 0; round < 6; round++) await ledger.append(entry(round, round + 1))
      await ledger.covered(4)
      await ledger.append(entry(6, 7))
      const check = async (seen: Ledger) => {
        expect(seen.head).toEqual({ round: 6, attempt: 7 })
        expect(await replayed(seen, 4)).toEqual([entry(4, 5), entry(5, 6), entry(6, 7)])
        const frames = [0, 1, 2, 3, 4, 5, 6].map((round) => entry(round, round + 1).frame)
        expect(await seen.frames(0)).toEqual(new Uint8Array(Buffer.concat(frames)))
      }
      await check(ledger)
      await ledger.close()
      const again = await (await under.reopen()).open('run')
      await check(again)
      await again.close()
    })

    withLedgers('rounds that were let go are LEDGER_GONE, later ones are there', async (under) => {
      const ledger = await under.ledgers.open('run')
      for (let round = 0; round < 6; round++) await ledger.append(entry(round, round + 1))
      expect(ledger.firstRound).toBe(0)
      await ledger.covered(4)
      await ledger.forget(3)
      await ledger.forget(2)
      const check = async (seen: Ledger) => {
        expect(seen.firstRound).toBeLessThanOrEqual(3)
        expect(seen.head).toEqual({ round: 5, attempt: 6 })
        const frames = [3, 4, 5].map((round) => entry(round, round + 1).frame)
        expect(await seen.frames(3)).toEqual(new Uint8Array(Buffer.concat(frames)))
        if (seen.firstRound === 0) return
        await expect(seen.frames(0)).rejects.toMatchObject({ code: 'LEDGER_GONE' })
      }
      await check(ledger)
      await ledger.close()
      const again = await (await under.reopen()).open('run', { from: 4, decided: 6 })
      await check(again)
      expect(again.damage).toBeNull()
      await again.append(entry(6, 7))
      await again.forget(100)
      expect(again.head).toEqual({ round: 6, attempt: 7 })
      expect(await again.frames(6)).toEqual(entry(6, 7).frame)
      await again.close()
    })

    withLedgers('a round out of order and a used attempt are refused', async ({ ledgers }) => {
      const ledger = await ledgers.open('run')
      await ledger.append(entry(0, 5))
      await expect(ledger.append(entry(2, 6))).rejects.toThrow(/cannot follow/)
      await expect(ledger.append(entry(1, 5))).rejects.toThrow(/cannot follow/)
      await ledger.append(entry(1, 6))
      await expect(ledger.append(entry(1, 7))).rejects.toThrow(/cannot follow/)
      expect(await replayed(ledger, 0)).toHaveLength(2)
      await ledger.close()
    })

    withLedgers('the first round may have an opening phase before its vote', async (under) => {
      const ledger = await under.ledgers.open('run')
      const entries = [entry(0, 1), { ...entry(0, 2), frame: new Uint8Array([9]) }, entry(1, 3)]
      for (const each of entries) await ledger.append(each)
      await ledger.close()
      const again = await (await under.reopen()).open('run')
      expect(await replayed(again, 0)).toEqual(entries)
      expect(await replayed(again, 1)).toEqual(entries.slice(2))
      await again.close()
    })

    withLedgers('two runs have two ledgers; a deleted one is empty', async ({ ledgers }) => {
      const [a, b] = [await ledgers.open('a'), await ledgers.open('b')]
      await a.append(entry(0, 1))
      expect(b.head).toBeNull()
      await a.close()
      await b.close()
      await ledgers.delete('a')
      await ledgers.delete('never-was')
      const again = await ledgers.open('a')
      expect(again.head).toBeNull()
      await again.close()
    })

    withLedgers('a ledger is open once, and closing it twice does nothing', async ({ ledgers }) => {
      const ledger = await ledgers.open('run')
      await expect(ledgers.open('run')).rejects.toMatchObject({ code: 'LEDGER_BUSY' })
      await expect(ledgers.delete('run')).rejects.toMatchObject({ code: 'LEDGER_BUSY' })
      await ledger.close()
      await ledger.close()
      await expect(ledger.append(entry(0, 1))).rejects.toThrow(/closed/)
    })
  })
}

export async function replayed(ledger: Ledger, fromRound: number): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = []
  for await (const each of ledger.replay(fromRound)) entries.push(each)
  return entries
}

/** An entry whose bytes follow from its round. */
export function entry(round: number, attempt: number, sizeBytes = 40): LedgerEntry {
  const bytes = (length: number, factor: number) =>
    Uint8Array.from({ length }, (_, index) => (index * factor + round * 31) & 255)
  return { round, attempt, frame: bytes(sizeBytes, 7), record: bytes(2 * sizeBytes + 3, 13) }
}
