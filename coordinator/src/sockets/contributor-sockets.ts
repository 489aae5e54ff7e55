import type { Duplex } from 'node:stream'
import type { Clock } from '@quorate/shared/clock/clock'
import type { RawData, WebSocket } from 'ws'
import type { Connection, Log } from '../training/ports.ts'
import type { TrainingService } from '../training/service.ts'
import { writeMessage } from './framing.ts'
import { keepAlive } from './keep-alive.ts'
import { MessageIntake } from './message-intake.ts'
import type { MessageRoom } from './message-room.ts'

/** Largest message of any run; what may come now, training says. */
export const MAX_MESSAGE_BYTES = 12 * 1024 * 1024
/** A socket that was told that it sends too much has so long to hear it. */
const HEAR_WITHIN_MS = 1000
/** A socket with more than this waiting is cut off, as it reads nothing: training sends no more by far. */
const MAX_QUEUED_BYTES = 32 * 1024 * 1024

/** Hands a contributor's socket to training. */
export function serveContributor(
  { socket, stream, address }: { socket: WebSocket; stream: Duplex; address: string },
  parts: {
    training: TrainingService
    room: MessageRoom
    clock: Clock
    log: Log
    isClosing: () => boolean
  },
): void {
  const contributor = parts.training.accept(connectionOf(socket, stream, address))
  const guarded = (handle: () => void) => {
    try {
      handle()
    } catch (error) {
      // A bug, but one that must cost no more than this socket.
      parts.log.error({ err: error, address }, 'training failed on a message')
      socket.close(1011, 'internal error')
    }
  }
  const intake = new MessageIntake(parts.room, {
    mostBytes: () => Math.min(contributor.mostBytes, MAX_MESSAGE_BYTES),
    message: (bytes) => guarded(() => contributor.frame(bytes)),
    forward: listenInPlaceOfWs(stream, (chunk) => intake.take(chunk)),
    overflow() {
      guarded(() => contributor.tooLarge())
      // Nothing more is read; the close frame goes out first.
      socket.pause()
      socket.once(
        'close',
        parts.clock.after(HEAR_WITHIN_MS, () => socket.terminate()),
      )
    },
  })
  socket.on('message', (data, isBinary) =>
    guarded(() => {
      const bytes = bytesOf(data)
      if (isBinary) contributor.frame(bytes)
      else contributor.text(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
    }),
  )
  socket.on('error', (error) => {
    intake.stop()
    parts.log.info({ err: error, address }, 'a socket failed')
  })
  socket.once('close', (code) => {
    intake.stop()
    // When the server stops, nobody left on purpose: everyone gets their place back.
    const clean = (code === 1000 || code === 1001) && !parts.isClosing()
    guarded(() => contributor.closed(clean))
  })
  keepAlive(socket, parts.clock)
}

/**
 * `take` gets what the stream gives, and ws, which listens already, only what is handed to the
 * function returned.
 */
function listenInPlaceOfWs(stream: Duplex, take: (chunk: Buffer) => void): (chunk: Buffer) => void {
  const listeners = stream.listeners('data') as ((this: Duplex, chunk: Buffer) => void)[]
  stream.removeAllListeners('data')
  stream.on('data', take)
  return (chunk) => {
    for (const listener of listeners) listener.call(stream, chunk)
  }
}

function connectionOf(socket: WebSocket, stream: Duplex, address: string): Connection {
  const open = () => {
    if (socket.readyState !== socket.OPEN) return false
    if (socket.bufferedAmount <= MAX_QUEUED_BYTES) return true
    socket.terminate()
    return false
  }
  return {
    address,
    send(text) {
      if (open()) socket.send(text)
    },
    sendTurn(shared, own) {
      // ws writes every message in one go as well, as nothing is compressed: none comes in between.
      if (open()) writeMessage(stream, shared, own)
    },
    get queuedBytes() {
      return socket.bufferedAmount
    },
    close(code, reason) {
      // A close frame holds 123 bytes of reason.
      socket.close(
        code,
        Buffer.from(reason)
          .subarray(0, 120)
          .toString()
          .replace(/\uFFFD$/, ''),
      )
    },
  }
}

export function bytesOf(data: RawData): Uint8Array {
  const buffer = Array.isArray(data) ? Buffer.concat(data) : data
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer)
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}
