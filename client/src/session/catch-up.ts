import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import { checkpointInVerdicts } from '@quorate/shared/run/capacity'
import { splitFrames } from '@quorate/shared/wire/frame'
import type { Files, RunInfo, Trainer } from './ports.ts'

type Welcome = MessageOf<CoordinatorMessage, 'welcome'>

export interface CatchUpTarget {
  readonly run: RunInfo
  /** Rounds decided when the welcome was sent. */
  readonly round: number
  readonly checkpoint: Welcome['checkpoint']
  /** Where the replica stands; null: there is none, or it is not to be trusted. */
  readonly from: number | null
}

/** A file could not be had: the replica is as good as it was. */
export class DownloadError extends Error {
  readonly code: string
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'FILE_UNREACHABLE'
  }
}

/**
 * Brings the replica to the coordinator's: the missed verdicts alone where that is cheaper, else
 * the newest checkpoint and the verdicts since, also where the missed ones are not kept any more.
 * The ledger answers in parts when it is long.
 *
 * @throws DownloadError; or the trainer's error, after which the replica is not to be trusted.
 */
export async function catchUp(
  target: CatchUpTarget,
  ports: {
    files: Files
    trainer: Trainer
    signal: AbortSignal
    /** The replica is now where this checkpoint file or verdict frame stands. */
    took: (kind: 'checkpoint' | 'verdict', bytes: Uint8Array) => void
    downloaded: (sizeBytes: number) => void
    progress: (done: number, total: number) => void
  },
): Promise<void> {
  const { trainer, signal } = ports
  const { run, checkpoint, round } = target
  const download = async (url: string, digest?: string) => {
    const options = digest === undefined ? { signal } : { digest, signal }
    const bytes = await ports.files.fetch(url, options).catch((error: unknown) => {
      throw new DownloadError(error)
    })
    ports.downloaded(bytes.length)
    return bytes
  }
  const verdicts = (from: number) => download(`/api/runs/${run.id}/ledger?from=${from}`)
  const sinceCheckpoint = Math.max(0, round - checkpoint.round)
  const most = checkpointInVerdicts(run.settings.method) + sinceCheckpoint
  let at = target.from
  let ledger: Uint8Array | null = null
  if (at !== null && round - at <= most) ledger = await orNull(verdicts(at))
  if (at === null || ledger === null) {
    const file = await download(checkpoint.url, checkpoint.digest)
    at = (await trainer.loadCheckpoint(file)).round
    ports.took('checkpoint', file)
  }
  const first = at
  for (;;) {
    const before: number = at
    ledger ??= await verdicts(at)
    for (const frame of splitFrames(ledger)) {
      if (signal.aborted) return
      at = (await trainer.applyVerdict(frame.slice())).round
      ports.took('verdict', frame)
      ports.progress(at - first, Math.max(1, round - first))
    }
    if (at >= round || at === before) return
    ledger = null
  }
}

/** Null: the coordinator does not keep these rounds any more. */
async function orNull(download: Promise<Uint8Array>): Promise<Uint8Array | null> {
  try {
    return await download
  } catch (error) {
    if (error instanceof DownloadError && error.code === 'FILE_NOT_FOUND') return null
    throw error
  }
}
