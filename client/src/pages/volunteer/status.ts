import type { RunState } from '@quorate/shared/run/state'
import type { SessionView } from '../../session/view.ts'
import type { Tone } from '../../ui/tone.ts'
import { volunteer } from '../../words/en/volunteer.ts'

const words = volunteer.status

/** A way out of a state, offered as a button beside its sentence. */
export type Way = 'resume' | 'again' | 'reload' | 'any-backend' | 'runs' | 'share' | 'stop-now'

export interface StatusLine {
  readonly tone: Tone
  readonly title: string
  readonly sentence: string
  /** Stable code of a failure. */
  readonly code: string | null
  readonly ways: readonly Way[]
}

/** Why the session is paused; the session itself does not know. */
export type PausedBy = 'me' | 'battery' | 'metered'

/** A refusal that is not final: the server closes with it, and the tab tries again. */
const RUN_FULL = 'RUN_FULL'
const TOO_MANY_FROM_ADDRESS = 'TOO_MANY_FROM_ADDRESS'

/** The last trouble: in words of the page where it begins with a code that they know. */
export function troubleText(trouble: string): string {
  const [code = ''] = trouble.split(': ', 1)
  return (Object.hasOwn(words.troubles, code) ? words.troubles[code] : undefined) ?? trouble
}

/** What to say of every state of a session in every state of its run, and the way out of it. */
export function statusLine(
  view: Pick<SessionView, 'status' | 'runState'>,
  context: {
    readonly nowMs: number
    readonly pausedBy: PausedBy
    /** The run is neither over nor held up nor full, whether or not this session heard of it. */
    readonly joinable: boolean
    /** Contributors that the run takes at once; null = no bound. */
    readonly places: number | null
  },
): StatusLine {
  const { status, runState } = view
  switch (status.kind) {
    case 'idle':
      return line('calm', words.idle, [])
    case 'connecting':
      return line('busy', words.connecting, ['stop-now'])
    case 'preparing':
      return line('busy', words.preparing, ['stop-now'])
    case 'catching-up':
      return line('busy', words.catchingUp, ['stop-now'])
    case 'waiting-for-data':
      return line('warn', words.waitingForData, ['runs'])
    case 'ready':
    case 'training':
      return atWork(status.kind, runState)
    case 'ending':
      return line('busy', words.ending[status.then], ['stop-now'])
    case 'paused':
      return paused(runState, context.pausedBy)
    case 'connection-lost': {
      const seconds = Math.max(0, Math.ceil((status.retryAtMs - context.nowMs) / 1000))
      if (status.reason === RUN_FULL) {
        return line('warn', words.noPlace(context.places, seconds), ['runs', 'stop-now'])
      }
      if (status.reason === TOO_MANY_FROM_ADDRESS) {
        return line('warn', words.crowded(seconds), ['stop-now'])
      }
      return line('warn', words.lost(seconds), ['stop-now'])
    }
    case 'stopped':
      return line('calm', words.stopped, [context.joinable ? 'again' : 'runs'])
    case 'finished':
      return finished(runState)
    case 'failed':
      return failed(status, context.joinable)
  }
}

function atWork(kind: 'ready' | 'training', runState: RunState | null): StatusLine {
  switch (runState?.kind) {
    case 'created':
      return line('calm', words.run.created, [])
    case 'waiting':
      return line('warn', words.run.waiting(runState.need, runState.have), ['share'])
    case 'calibrating':
      return line('busy', words.run.calibrating, [])
    case 'training':
    case undefined:
      return kind === 'training' ? line('busy', words.training, []) : line('good', words.ready, [])
    case 'paused':
      return runState.by === 'operator'
        ? line('warn', words.run.pausedByOperator, [])
        : line('warn', words.run.pausedByFault(runState.reason), ['runs'])
    case 'finished':
      return finished(runState)
  }
}

function paused(runState: RunState | null, by: PausedBy): StatusLine {
  if (runState?.kind === 'finished') return finished(runState)
  return line('calm', pauseWords[by], ['resume'])
}

const pauseWords: Record<PausedBy, readonly string[]> = {
  me: words.paused.byMe,
  battery: words.paused.byBattery,
  metered: words.paused.byMetered,
}

function finished(runState: RunState | null): StatusLine {
  const why = runState?.kind === 'finished' ? runState.why : 'unknown'
  return line('good', words.finished[why], ['runs'])
}

/** Failures that joining once more may get over, and those that a fresh page may. */
const AGAIN = new Set(['KICKED', 'REPLACED'])
const FINAL = new Set([
  'BANNED',
  'RUN_FULL',
  'RUN_NOT_FOUND',
  'RUN_DAMAGED',
  'NO_BACKEND',
  'INVITE_NEEDED',
  'INVITE_WRONG',
])
/** Said with the particulars. */
const DETAILED = new Set(['NO_BACKEND', 'BACKEND_CANNOT_TRAIN', 'TOO_MANY_STRIKES'])

function failed(
  { code, detail }: { readonly code: string; readonly detail: string },
  joinable: boolean,
): StatusLine {
  const known = Object.hasOwn(words.failed, code) ? words.failed[code] : undefined
  const said = line('bad', known ?? words.failedOther(detail), [wayOutOf(code, joinable)])
  const sentence =
    known && detail && DETAILED.has(code) ? `${said.sentence} (${detail})` : said.sentence
  return { ...said, sentence, code }
}

function wayOutOf(code: string, joinable: boolean): Way {
  if (AGAIN.has(code)) return joinable ? 'again' : 'runs'
  if (FINAL.has(code)) return 'runs'
  return code === 'BACKEND_CANNOT_TRAIN' ? 'any-backend' : 'reload'
}

function line(tone: Tone, said: readonly string[], ways: readonly Way[]): StatusLine {
  const [title = '', sentence = ''] = said
  return { tone, title, sentence, code: null, ways }
}

/** How far the tab is on its way into the training; null where there is nothing to wait for. */
export function progressOf({
  status: { kind },
  loading,
}: Pick<SessionView, 'status' | 'loading'>): { readonly share: number | null } | null {
  const onTheWay = kind === 'connecting' || kind === 'preparing' || kind === 'catching-up'
  if (loading === null) return onTheWay ? { share: null } : null
  const loads = onTheWay || kind === 'ready' || kind === 'training' || kind === 'waiting-for-data'
  if (!loads) return null
  return { share: loading.total > 0 ? loading.done / loading.total : null }
}
