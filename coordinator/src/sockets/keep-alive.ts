import type { Clock } from '@quorate/shared/clock/clock'
import type { WebSocket } from 'ws'

/** A ping each; a socket that has not answered when the next is due is gone within 40 s. */
const PING_EVERY_MS = 20_000

/** Finds out who has vanished without closing; stops by itself when the socket closes. */
export function keepAlive(socket: WebSocket, clock: Clock): void {
  let answered = true
  const beat = () => {
    if (!answered) {
      socket.terminate()
      return
    }
    answered = false
    socket.ping()
    cancel = clock.after(PING_EVERY_MS, beat)
  }
  let cancel = clock.after(PING_EVERY_MS, beat)
  socket.on('pong', () => {
    answered = true
  })
  socket.once('close', () => cancel())
}
