import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
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

/** A verdict costs about one bit a parameter, a checkpoint 32. */
const CHECKPOINT_IN_VERDICTS = 32

/**
 * Brings the replica to the coordinator's: the missed verdicts alone where that is cheaper, else
 * the newest checkpoint and the verdicts since. Returns the last frame applied, if any.
 */
export async function catchUp(
  target: CatchUpTarget,
  ports: {
    files: Files
    trainer: Trainer
    signal: AbortSignal
    downloaded: (sizeBytes: number) => void
    progress: (done: number, total: number) => void
  },
): Promise<{ checkpoint: Uint8Array | null; lastFrame: Uint8Array | null }> {
  const { files, trainer, signal } = ports
  const { run, checkpoint, round } = target
  const sinceCheckpoint = Math.max(0, round - checkpoint.round)
  let from = target.from
  let checkpointFile: Uint8Array | null = null
  if (from === null || round - from > CHECKPOINT_IN_VERDICTS + sinceCheckpoint) {
    checkpointFile = await files.fetch(checkpoint.url, { digest: checkpoint.digest, signal })
    ports.downloaded(checkpointFile.length)
    from = (await trainer.loadCheckpoint(checkpointFile)).round
  }
  const ledger = await files.fetch(`/api/runs/${run.id}/ledger?from=${from}`, { signal })
  ports.downloaded(ledger.length)
  let lastFrame: Uint8Array | null = null
  for (const frame of splitFrames(ledger)) {
    if (signal.aborted) break
    const applied = await trainer.applyVerdict(frame.slice())
    lastFrame = frame
    ports.progress(applied.round - from, Math.max(1, round - from))
  }
  return { checkpoint: checkpointFile, lastFrame }
}
