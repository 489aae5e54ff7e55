import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'

/** Stands between a browser and a coordinator and counts what goes through, to the byte. */
export class CountingProxy {
  /** Bytes to the browser: headers, bodies, frames; all of TCP's payload. */
  down = 0
  up = 0
  readonly url: string
  readonly #server: Server
  readonly #sockets: Set<Socket>

  private constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server
    this.#sockets = sockets
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** Listens on a free port of the loopback interface. */
  static async to(port: number): Promise<CountingProxy> {
    const sockets = new Set<Socket>()
    const server = createServer((browser) => {
      const coordinator = connect(port, '127.0.0.1')
      browser.on('data', (bytes) => (proxy.up += bytes.length))
      coordinator.on('data', (bytes) => (proxy.down += bytes.length))
      for (const [from, to] of [
        [browser, coordinator],
        [coordinator, browser],
      ] as const) {
        sockets.add(from)
        from.setNoDelay()
        from.pipe(to)
        from.on('close', () => {
          sockets.delete(from)
          to.destroy()
        })
        // A reset ends both ends, as a close does.
        from.on('error', () => to.destroy())
      }
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const proxy = new CountingProxy(server, sockets)
    return proxy
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
