/** Keeps time for a page: its own timers nearly stop while it is hidden, a worker's do not. */
import type { FromTimer, ToTimer } from './protocol.ts'

const timers = new Map<number, ReturnType<typeof setTimeout>>()

self.addEventListener('message', ({ data }: MessageEvent<ToTimer>) => {
  switch (data.kind) {
    case 'after': {
      const { id, delayMs } = data
      const due = () => {
        timers.delete(id)
        self.postMessage(id satisfies FromTimer)
      }
      timers.set(id, setTimeout(due, delayMs))
      return
    }
    case 'cancel':
      clearTimeout(timers.get(data.id))
      timers.delete(data.id)
  }
})
