import { FrameError } from './frame.ts'

/** Reads a payload from front to back; every read is checked against what is left. */
export class Reader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }
  f32(): number {
    return this.#view.getFloat32(this.#take(4), true)
  }
  f64(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }
  /** A view of the next `size` bytes. */
  bytes(size: number): Uint8Array {
    const start = this.#take(size)
    return this.#bytes.subarray(start, start + size)
  }
  /** Bytes that were read so far. */
  get at(): number {
    return this.#at
  }
  /** Nothing may be left. */
  end(): void {
    if (this.#at !== this.#bytes.length) {
      throw new FrameError('FRAME_PAYLOAD', `${this.#bytes.length - this.#at} bytes too many`)
    }
  }

  #take(size: number): number {
    const start = this.#at
    if (size > this.#bytes.length - start) {
      throw new FrameError(
        'FRAME_PAYLOAD',
        `${size} bytes expected at ${start}, ${this.#bytes.length - start} left`,
      )
    }
    this.#at = start + size
    return start
  }
}

/** Writes a payload whose size is known beforehand; `done` insists that it was filled exactly. */
export class Writer {
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #view: DataView
  #at = 0

  constructor(size: number) {
    this.#bytes = new Uint8Array(size)
    this.#view = new DataView(this.#bytes.buffer)
  }

  u8(value: number): void {
    this.#view.setUint8(this.#take(1), value)
  }
  u16(value: number): void {
    this.#view.setUint16(this.#take(2), value, true)
  }
  u32(value: number): void {
    this.#view.setUint32(this.#take(4), value, true)
  }
  f32(value: number): void {
    this.#view.setFloat32(this.#take(4), value, true)
  }
  f64(value: number): void {
    this.#view.setFloat64(this.#take(8), value, true)
  }
  bytes(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#take(bytes.length))
  }
  /** The next `size` bytes, to be filled by the caller. */
  room(size: number): Uint8Array {
    const start = this.#take(size)
    return this.#bytes.subarray(start, start + size)
  }
  done(): Uint8Array<ArrayBuffer> {
    if (this.#at !== this.#bytes.length) {
      throw new Error(`payload has ${this.#bytes.length} bytes, ${this.#at} were written`)
    }
    return this.#bytes
  }

  #take(size: number): number {
    const start = this.#at
    this.#at += size
    return start
  }
}
