import { once } from 'node:events'
import { WebSocket } from 'ws'
import { z } from 'zod'

/** CPU time of a process since it started, in ms, user and system. */
export interface CpuTime {
  readonly userMs: number
  readonly systemMs: number
}

/** Memory of a process after a garbage collection, in bytes. */
export interface Memory {
  readonly rssBytes: number
  /** Objects, and buffers outside of the heap. */
  readonly heapBytes: number
}

const answer = z.object({
  id: z.number().optional(),
  result: z.object({ result: z.object({ value: z.string() }).optional() }).optional(),
})
const usage = z.object({
  cpu: z.object({ user: z.number(), system: z.number() }),
  memory: z.object({ rss: z.number(), heapUsed: z.number(), external: z.number() }),
})
const USAGE = 'JSON.stringify({ cpu: process.cpuUsage(), memory: process.memoryUsage() })'

/**
 * Asks another Node process about itself by way of its inspector (`--inspect`), so that nothing in
 * it need be made for measuring.
 *
 * Source: the Chrome DevTools Protocol, domains Runtime and HeapProfiler.
 */
export class Inspector {
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, (result: z.infer<typeof answer>) => void>()
  #lastId = 0

  static async open(url: string): Promise<Inspector> {
    const socket = new WebSocket(url)
    await once(socket, 'open')
    return new Inspector(socket)
  }

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => {
      const said = answer.parse(JSON.parse(data.toString()))
      const { id } = said
      if (id === undefined) return
      this.#waiting.get(id)?.(said)
      this.#waiting.delete(id)
    })
  }

  async cpu(): Promise<CpuTime> {
    const { cpu } = await this.#usage()
    return { userMs: cpu.user / 1000, systemMs: cpu.system / 1000 }
  }

  async memory(): Promise<Memory> {
    await this.#call('HeapProfiler.collectGarbage')
    const { memory } = await this.#usage()
    return { rssBytes: memory.rss, heapBytes: memory.heapUsed + memory.external }
  }

  close(): void {
    this.#socket.close()
  }

  async #usage(): Promise<z.infer<typeof usage>> {
    const { result } = await this.#call('Runtime.evaluate', { expression: USAGE })
    return usage.parse(JSON.parse(result?.result?.value ?? ''))
  }

  #call(method: string, params: object = {}): Promise<z.infer<typeof answer>> {
    const id = ++this.#lastId
    this.#socket.send(JSON.stringify({ id, method, params }))
    return new Promise((resolve) => this.#waiting.set(id, resolve))
  }
}
