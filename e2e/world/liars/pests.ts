/** Liars that send more, or larger, than anybody needs to. */
import type { Link, Mesh } from '@quorate/client/session/ports'
import type { Opening } from '@quorate/shared/wire/turn'
import { encodeFrame } from '@quorate/shared/wire/frame'
import { changed } from '../changed.ts'
import { hearingOpenings } from './liar.ts'
import type { Liar, LiarPorts } from './liar.ts'

const OVERSIZED_BYTES = 120_000
/** At an opening; more than the burst that the coordinator takes. */
const FLOOD_MESSAGES = 2200
const FLOOD_FRAMES = 200
const DEADLINE_MS = 1000

/** Frames larger than any of the run, to the coordinator and to the members. */
export function hog(ports: LiarPorts): Liar {
  return pest(ports, ({ group }, { mesh, sendFrame }) => {
    const frame = new Uint8Array(OVERSIZED_BYTES)
    sendFrame(frame)
    for (const { contributor } of group) void mesh.send(contributor, frame, DEADLINE_MS)
  })
}

/** Messages without end: to the members of attempts to come, to the coordinator of no use. */
export function flooder(ports: LiarPorts): Liar {
  const { random, run } = ports
  return pest(ports, ({ group, round, attempt }, { mesh, send }) => {
    for (const { contributor } of group) {
      for (let n = 0; n < FLOOD_FRAMES; n++) {
        const at = { run: run.number, round, attempt: attempt + 1 + random.below(1000), slice: 0 }
        const frame = encodeFrame({ kind: 'ballot', ...at }, new Uint8Array(20))
        void mesh.send(contributor, frame, DEADLINE_MS)
      }
    }
    const digest = '0'.repeat(64)
    for (let n = 0; n < FLOOD_MESSAGES; n++) send({ type: 'digest', round: 0xffffffff, digest })
  })
}

interface Ways {
  readonly mesh: Mesh
  readonly send: Link['send']
  readonly sendFrame: Link['sendFrame']
}

/** Does its worst at every third opening. */
function pest({ run, told }: LiarPorts, doWorst: (opening: Opening, ways: Ways) => void): Liar {
  let mesh: Mesh | null = null
  let openings = 0
  return {
    mesh: (honest) => (mesh = honest),
    link: (honest) =>
      changed(honest, {
        listen: hearingOpenings(honest, run.number, (opening) => {
          openings += 1
          if (openings % 3 !== 0 || !mesh) return
          told()
          doWorst(opening, {
            mesh,
            send: (message) => honest.send(message),
            sendFrame: (frame) => honest.sendFrame(frame),
          })
        }),
      }),
  }
}
