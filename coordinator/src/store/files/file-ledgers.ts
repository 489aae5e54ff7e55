import { open, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { CodedError } from '../../errors.ts'
import type { Ledger, Ledgers } from '../../training/ports.ts'
import { follows } from '../ledger-order.ts'
import { makeDirectory, syncDirectory } from './disk.ts'
import type { OpenAppendFile } from './file-ledger.ts'
import { FileLedger } from './file-ledger.ts'
import type { Segment } from './ledger-segment.ts'
import { createSegment, damaged, loadSegment, tidySegments } from './ledger-segment.ts'

export interface FileLedgersOptions {
  readonly segmentBytes?: number
  readonly openAppendFile?: OpenAppendFile
}

const SEGMENT_BYTES = 8 * 1024 * 1024

/** Ledgers as folders of one folder, named by their runs. */
class FileLedgers implements Ledgers {
  readonly #folder: string
  readonly #options: FileLedgersOptions
  readonly #open = new Set<string>()

  constructor(folder: string, options: FileLedgersOptions = {}) {
    this.#folder = folder
    this.#options = options
  }

  /** Rejects with LEDGER_DAMAGED when an entry that was once whole is not any more. */
  async open(runId: string): Promise<Ledger> {
    const folder = this.#folderOf(runId)
    if (this.#open.has(runId)) throw new CodedError('LEDGER_BUSY', `ledger ${runId} is open`)
    this.#open.add(runId)
    try {
      await makeDirectory(folder)
      const segments = await loadSegments(folder)
      const last = segments.at(-1)
      if (!last || last.kind === 'frames') {
        segments.push(await createSegment(folder, (last?.number ?? 0) + 1))
      }
      const options = {
        folder,
        segmentBytes: this.#options.segmentBytes ?? SEGMENT_BYTES,
        openAppendFile: this.#options.openAppendFile ?? ((path) => open(path, 'r+')),
      }
      return new FileLedger(options, segments, () => this.#open.delete(runId))
    } catch (error) {
      this.#open.delete(runId)
      throw error
    }
  }

  async delete(runId: string): Promise<void> {
    const folder = this.#folderOf(runId)
    if (this.#open.has(runId)) throw new CodedError('LEDGER_BUSY', `ledger ${runId} is open`)
    await rm(folder, { recursive: true, force: true })
    await syncDirectory(this.#folder)
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
  await makeDirectory(folder)
  return new FileLedgers(folder, options)
}

async function loadSegments(folder: string): Promise<Segment[]> {
  const names = await tidySegments(folder, await readdir(folder))
  const segments: Segment[] = []
  let count = 0
  let previous: { round: number; attempt: number } | null = null
  for (const [index, name] of names.entries()) {
    if (name.number !== index + 1) throw damaged(folder, `segment ${index + 1} is missing`)
    const segment = await loadSegment(folder, name, index === names.length - 1)
    for (const entry of segment.entries) {
      if (!follows(previous, entry, count++)) {
        throw damaged(segment.path, `round ${entry.round} does not follow`)
      }
      previous = entry
    }
    segments.push(segment)
  }
  return segments
}
