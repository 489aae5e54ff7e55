import { join } from 'node:path'
import { CodedError } from '../../errors.ts'
import type { KnownRounds, Ledger, Ledgers } from '../../training/ports.ts'
import type { Disk } from './disk.ts'
import { makeDirectory, realDisk } from './disk.ts'
import { FileLedger } from './file-ledger.ts'
import { loadLedger } from './ledger-folder.ts'

export interface FileLedgersOptions {
  readonly segmentBytes?: number
  readonly disk?: Disk
}

const SEGMENT_BYTES = 8 * 1024 * 1024
/** Of a run of which nothing is known but its ledger: every round must be there. */
const NOTHING_KNOWN: KnownRounds = { from: 0, decided: 0 }

/** Ledgers as folders of one folder, named by their runs. */
class FileLedgers implements Ledgers {
  readonly #folder: string
  readonly #segmentBytes: number
  readonly #disk: Disk
  readonly #open = new Set<string>()

  constructor(folder: string, options: FileLedgersOptions) {
    this.#folder = folder
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES
    this.#disk = options.disk ?? realDisk
  }

  /** Rejects with LEDGER_DAMAGED when an entry that was once whole, and is needed, is not any more. */
  async open(runId: string, known: KnownRounds = NOTHING_KNOWN): Promise<Ledger> {
    const folder = this.#folderOf(runId)
    if (this.#open.has(runId)) throw new CodedError('LEDGER_BUSY', `ledger ${runId} is open`)
    this.#open.add(runId)
    try {
      await makeDirectory(folder, this.#disk)
      const loaded = await loadLedger(this.#disk, folder, known)
      const options = { folder, disk: this.#disk, segmentBytes: this.#segmentBytes }
      const close = () => void this.#open.delete(runId)
      return new FileLedger({ ...options, from: known.from }, loaded, close)
    } catch (error) {
      this.#open.delete(runId)
      throw error
    }
  }

  async delete(runId: string): Promise<void> {
    const folder = this.#folderOf(runId)
    if (this.#open.has(runId)) throw new CodedError('LEDGER_BUSY', `ledger ${runId} is open`)
    await this.#disk.removeTree(folder)
    await this.#disk.syncDirectory(this.#folder)
  }

  #folderOf(runId: string): string {
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(runId)) throw new Error(`not a run id: ${runId}`)
    return join(this.#folder, runId)
  }
}

/** Makes the folder where it is missing. */
export async function openFileLedgers(
  folder: string,
  options: FileLedgersOptions = {},
): Promise<FileLedgers> {
  await makeDirectory(folder, options.disk)
  return new FileLedgers(folder, options)
}
