/** What a copy of a ledger takes that others may be writing to. */
import { readFile } from 'node:fs/promises'
import { detailOf } from '@quorate/shared/failure/detail'
import type { KnownRounds } from '../../training/ports.ts'
import { realDisk } from './disk.ts'
import { inspectLedger } from './ledger-folder.ts'
import { scanSegment } from './ledger-format.ts'

/** Bytes of a segment up to its last whole entry; all of what is no segment. */
export async function wholeBytes(path: string): Promise<number> {
  const bytes = await readFile(path)
  return scanSegment(bytes)?.endBytes ?? bytes.length
}

/** Why a run could not go on with the ledger in `folder`; null where it could. Changes nothing. */
export async function ledgerProblem(folder: string, known: KnownRounds): Promise<string | null> {
  try {
    const { segments, damage } = await inspectLedger(realDisk, folder, known)
    if (damage !== null) return damage
    const needed = segments.filter(({ entries }) => (entries.at(-1)?.round ?? -1) >= known.from)
    const bare = needed.find(({ kind }) => kind === 'frames')
    return bare ? `${bare.path} has no records any more` : null
  } catch (error) {
    return detailOf(error)
  }
}
