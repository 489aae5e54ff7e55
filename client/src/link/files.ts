import { sha256Hex } from '@quorate/shared/bytes/sha256'
import type { Clock } from '@quorate/shared/clock/clock'
import type { Files } from '../session/ports.ts'
import type { RetryPolicy } from '@quorate/shared/clock/retry'
import { retryDelayMs } from '@quorate/shared/clock/retry'

export type FileErrorCode =
  /** The coordinator does not have it. */
  | 'FILE_NOT_FOUND'
  /** What arrived, several times, is not what its digest says. */
  | 'FILE_DAMAGED'
  /** The coordinator does not answer, or not in time. */
  | 'FILE_UNREACHABLE'

/** A file could not be had; `url` says which. */
export class FileError extends Error {
  override readonly name = 'FileError'
  readonly code: FileErrorCode

  constructor(code: FileErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.code = code
  }
}

export interface FilesOptions {
  readonly fetch: typeof fetch
  readonly clock: Clock
  /** 0 ≤ r < 1. */
  readonly random: () => number
}

const TRIES = 5
const RETRY: RetryPolicy = { firstMs: 500, longestMs: 8000 }
/** Longest silence, before the first byte or between two. */
const SILENCE_DEADLINE_MS = 20_000
/** d = 2²⁴ as float32 is 64 MiB; nothing that is fetched is larger than twice that. */
const MAX_FILE_BYTES = 128 * 2 ** 20

/** Immutable files over HTTP. */
export class HttpFiles implements Files {
  readonly #options: FilesOptions
  #bytesReceived = 0

  constructor(options: FilesOptions) {
    this.#options = options
  }

  /** Bytes of all bodies, tries that failed included. */
  get bytesReceived(): number {
    return this.#bytesReceived
  }

  /** @throws FileError, or the signal's reason. */
  async fetch(
    url: string,
    { digest, signal }: { digest?: string; signal: AbortSignal },
  ): Promise<Uint8Array> {
    const { clock, random } = this.#options
    for (let failures = 0; ; failures++) {
      signal.throwIfAborted()
      const outcome = await this.#try(url, { signal, afresh: failures > 0 })
      signal.throwIfAborted()
      let error: FileError
      if (outcome instanceof FileError) error = outcome
      else if (digest === undefined || (await sha256(outcome)) === digest) return outcome
      else error = new FileError('FILE_DAMAGED', `${url} does not have the digest ${digest}`)
      if (error.code === 'FILE_NOT_FOUND' || failures + 1 === TRIES) throw error
      await pause(clock, retryDelayMs(RETRY, failures, random), signal)
    }
  }

  async #try(
    url: string,
    { signal, afresh }: { signal: AbortSignal; afresh: boolean },
  ): Promise<Uint8Array | FileError> {
    const silence = new Silence(this.#options.clock)
    try {
      // A try that failed may have left a broken copy in the browser's cache.
      const response = await this.#options.fetch(url, {
        signal: AbortSignal.any([signal, silence.signal]),
        cache: afresh ? 'reload' : 'default',
      })
      if (response.status === 404 || response.status === 410) {
        await response.body?.cancel()
        return new FileError('FILE_NOT_FOUND', `${url}: HTTP ${response.status}`)
      }
      if (!response.ok) {
        await response.body?.cancel()
        return new FileError('FILE_UNREACHABLE', `${url}: HTTP ${response.status}`)
      }
      return await this.#body(response, silence)
    } catch (cause) {
      return new FileError('FILE_UNREACHABLE', `${url}: ${String(cause)}`, { cause })
    } finally {
      silence.end()
    }
  }

  async #body(response: Response, silence: Silence): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let sizeBytes = 0
    const reader = response.body?.getReader()
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      silence.broken()
      parts.push(part.value)
      sizeBytes += part.value.byteLength
      this.#bytesReceived += part.value.byteLength
      if (sizeBytes > MAX_FILE_BYTES) {
        await reader?.cancel()
        throw new Error(`larger than ${MAX_FILE_BYTES} bytes`)
      }
    }
    const whole = new Uint8Array(sizeBytes)
    let at = 0
    for (const part of parts) {
      whole.set(part, at)
      at += part.byteLength
    }
    return whole
  }
}

/** Aborts when nothing was heard for too long. */
class Silence {
  readonly #clock: Clock
  readonly #controller = new AbortController()
  #cancel: () => void = () => {}

  constructor(clock: Clock) {
    this.#clock = clock
    this.broken()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  broken(): void {
    this.#cancel()
    this.#cancel = this.#clock.after(SILENCE_DEADLINE_MS, () => {
      this.#controller.abort(new Error(`silent for ${SILENCE_DEADLINE_MS / 1000} s`))
    })
  }

  end(): void {
    this.#cancel()
  }
}

/** Resolves early when aborted; the caller looks at the signal. */
function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const cancel = clock.after(delayMs, done)
    signal.addEventListener('abort', done)
  })
}

/** crypto.subtle exists in secure contexts only; a page on plain HTTP hashes by itself. */
async function sha256(bytes: Uint8Array): Promise<string> {
  const subtle = (globalThis.crypto as Partial<Crypto> | undefined)?.subtle
  if (!subtle) return sha256Hex(bytes)
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>))
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
