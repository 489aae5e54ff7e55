import { toHex } from '@quorate/shared/bytes/hex'
import { helloStatement } from '@quorate/shared/keys/statements'
import type { Signer } from '@quorate/shared/keys/keys'
import type { ContributorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import type { Link, LinkEvent } from './ports.ts'

type Hello = Omit<MessageOf<ContributorMessage, 'hello'>, 'key' | 'signature'>

/**
 * The link as the session has it: answers the challenge of each connection with a signed hello,
 * and sends nothing before that.
 */
export class GreetedLink implements Link {
  readonly #link: Link
  readonly #signer: Signer
  readonly #hello: () => Hello
  #isGreeted = false
  /** Of this connection, while it is being answered. */
  #challenge: string | null = null

  /** `hello` says who comes, at each connection anew. */
  constructor(link: Link, { signer, hello }: { signer: Signer; hello: () => Hello }) {
    this.#link = link
    this.#signer = signer
    this.#hello = hello
  }

  get bytesSent(): Link['bytesSent'] {
    return this.#link.bytesSent
  }

  send(message: ContributorMessage): boolean {
    return this.#isGreeted && this.#link.send(message)
  }

  sendFrame(frame: Uint8Array): boolean {
    return this.#isGreeted && this.#link.sendFrame(frame)
  }

  listen(listener: (event: LinkEvent) => void): void {
    this.#link.listen((event) => {
      if (event.kind === 'open' || event.kind === 'down') this.#forget()
      if (event.kind === 'message' && event.message.type === 'challenge') {
        return this.#answer(event.message.nonce, (error) =>
          listener({ kind: 'garbled', detail: String(error) }),
        )
      }
      listener(event)
    })
  }

  rest(): void {
    this.#link.rest()
    this.#forget()
  }

  wake(): void {
    this.#link.wake()
  }

  close(): void {
    this.#link.close()
    this.#forget()
  }

  #forget(): void {
    this.#isGreeted = false
    this.#challenge = null
  }

  #answer(nonce: string, failed: (error: unknown) => void): void {
    if (this.#isGreeted || this.#challenge !== null) return
    this.#challenge = nonce
    const hello = this.#hello()
    this.#signer.sign(helloStatement({ run: hello.run, nonce })).then((signature) => {
      if (this.#challenge !== nonce) return
      this.#isGreeted = true
      const key = toHex(this.#signer.publicKey)
      this.#link.send({ ...hello, key, signature: toHex(signature) })
    }, failed)
  }
}
