/** The worker's entry: a LocalTrainer on tfjs, called by message. */
import { detailOf } from '@quorate/shared/failure/detail'
import { systemClock } from '@quorate/shared/clock/system-clock'
import type { CastOrder, CastResult } from '../session/ports.ts'
import { LocalTrainer } from '../trainer/trainer.ts'
import { markTimeline } from '../timeline/timeline.ts'
import type { FromWorker, ToWorker, TrainerCall } from './protocol.ts'
import { TfjsEngine } from './tfjs-engine.ts'

let trainer: LocalTrainer | null = null

self.addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'start') {
    const engine = new TfjsEngine({ forced: data.forced, clock: systemClock })
    trainer = new LocalTrainer(engine, () => performance.now())
    return
  }
  void answer(data.id, data.call)
})

async function answer(id: number, call: TrainerCall): Promise<void> {
  let message: FromWorker
  try {
    if (!trainer) throw new Error('called before start')
    message = { kind: 'result', id, value: await run(trainer, call) }
  } catch (error) {
    message = { kind: 'error', id, code: codeOf(error), message: detailOf(error) }
  }
  self.postMessage(message, { transfer: buffersOf(message) })
}

function run(trainer: LocalTrainer, call: TrainerCall): Promise<unknown> {
  switch (call.method) {
    case 'prepare':
      return trainer.prepare(...call.args)
    case 'loadCheckpoint':
      return trainer.loadCheckpoint(...call.args)
    case 'addChunk':
      return trainer.addChunk(...call.args)
    case 'keepChunks':
      return trainer.keepChunks(...call.args)
    case 'loudness':
      return trainer.loudness(...call.args)
    case 'prefetch':
      return trainer.prefetch(...call.args)
    case 'cast':
      return cast(trainer, ...call.args)
    case 'settle':
      return trainer.settle(...call.args)
    case 'applyVerdict':
      return applyVerdict(trainer, ...call.args)
    case 'digest':
      return trainer.digest(...call.args)
    case 'parameters':
      return trainer.parameters(...call.args)
  }
}

/** Marks when the ballot is ready, which the page hears of a little later. */
async function cast(trainer: LocalTrainer, order: CastOrder): Promise<CastResult> {
  const result = await trainer.cast(order)
  markTimeline('computed', order.round)
  return result
}

/** Marks when the replica has taken the step. */
async function applyVerdict(trainer: LocalTrainer, frame: Uint8Array): Promise<{ round: number }> {
  const result = await trainer.applyVerdict(frame)
  markTimeline('stepped', result.round - 1)
  return result
}

/** Only the parameters are large and nobody else's; a ballot's signs may live on in its pending. */
function buffersOf(message: FromWorker): Transferable[] {
  return message.kind === 'result' && message.value instanceof Float32Array
    ? [message.value.buffer]
    : []
}

function codeOf(error: unknown): string {
  const coded = error instanceof Error && 'code' in error && typeof error.code === 'string'
  return coded ? String(error.code) : 'WORKER_FAILED'
}
