import { ROW_TILES } from './wgsl/tiles.ts'

/** A compute shader and what it is bound to: its parameters at 0, then storage buffers in order. */
export interface Program {
  readonly name: string
  /** WGSL with the entry point `main`; works on the tiles of wgsl/tiles.ts. */
  readonly code: string
  readonly storage: readonly ('read' | 'write')[]
}

/** Bytes of every program's parameters: twelve words, some of them unused. */
const PARAMETER_BYTES = 48

interface Compiled {
  readonly pipeline: GPUComputePipeline
  readonly layout: GPUBindGroupLayout
  readonly parameters: GPUBuffer
}

/** A command that the device did not carry out, or a buffer that it could not make. */
export class DeviceRefused extends Error {
  override readonly name = 'DeviceRefused'
}

/**
 * Programs and buffers on one device. Work is done in the order of the calls, and after what was
 * submitted to the device's queue before; nothing here throws once the device is lost, but
 * reading rejects.
 */
export class Compute {
  readonly device: GPUDevice
  readonly #compiled = new Map<Program, Compiled>()
  readonly #buffers = new Set<GPUBuffer>()
  /** For reading, by size: kept between reads of the same size. */
  readonly #staging = new Map<number, GPUBuffer>()

  constructor(device: GPUDevice) {
    this.device = device
  }

  /** Buffers that are held: flat over rounds. */
  get bufferCount(): number {
    return this.#buffers.size
  }

  /** A zeroed storage buffer of so many 32-bit words, one at the least. */
  buffer(words: number): GPUBuffer {
    const { STORAGE, COPY_SRC, COPY_DST } = GPUBufferUsage
    return this.#create(4 * Math.max(1, words), STORAGE | COPY_SRC | COPY_DST)
  }

  free(buffer: GPUBuffer): void {
    this.#buffers.delete(buffer)
    buffer.destroy()
  }

  write(buffer: GPUBuffer, values: Uint32Array | Float32Array): void {
    this.device.queue.writeBuffer(buffer, 0, values.buffer, values.byteOffset, values.byteLength)
  }

  /** Copies `words` words. */
  copy(
    from: GPUBuffer,
    to: GPUBuffer,
    range: { readonly from: number; readonly to: number; readonly words: number },
  ): void {
    const encoder = this.device.createCommandEncoder()
    encoder.copyBufferToBuffer(from, 4 * range.from, to, 4 * range.to, 4 * range.words)
    this.device.queue.submit([encoder.finish()])
  }

  clear(buffer: GPUBuffer): void {
    const encoder = this.device.createCommandEncoder()
    encoder.clearBuffer(buffer)
    this.device.queue.submit([encoder.finish()])
  }

  /** Makes programs ready to run. Rejects when the device refuses one. */
  async compile(programs: readonly Program[]): Promise<void> {
    await Promise.all(programs.map((program) => this.#compile(program)))
  }

  /** Runs a compiled program on so many tiles; `parameters` are at most twelve words. */
  run(program: Program, { tiles, parameters, storage }: ProgramCall): void {
    const compiled = this.#compiled.get(program)
    if (!compiled) throw new Error(`${program.name} was not compiled`)
    const { queue } = this.device
    queue.writeBuffer(compiled.parameters, 0, parameters)
    const entries = [compiled.parameters, ...storage].map((buffer, binding) => ({
      binding,
      resource: { buffer },
    }))
    const encoder = this.device.createCommandEncoder()
    const pass = encoder.beginComputePass()
    pass.setPipeline(compiled.pipeline)
    pass.setBindGroup(0, this.device.createBindGroup({ layout: compiled.layout, entries }))
    pass.dispatchWorkgroups(Math.min(tiles, ROW_TILES), Math.ceil(tiles / ROW_TILES))
    pass.end()
    queue.submit([encoder.finish()])
  }

  /** A copy of the first `words` words. Rejects when the device is lost. */
  async read(buffer: GPUBuffer, words: number): Promise<ArrayBuffer> {
    const sizeBytes = 4 * words
    const staging = this.#stagingOf(sizeBytes)
    const encoder = this.device.createCommandEncoder()
    encoder.copyBufferToBuffer(buffer, 0, staging, 0, sizeBytes)
    this.device.queue.submit([encoder.finish()])
    await staging.mapAsync(GPUMapMode.READ)
    const copy = staging.getMappedRange().slice(0)
    staging.unmap()
    return copy
  }

  /**
   * Does `work`, and rejects when the device found something wrong with it: without that a buffer
   * that could not be made, or a command that was refused, shows nowhere.
   */
  async checked<T>(work: () => Promise<T>): Promise<T> {
    const { device } = this
    device.pushErrorScope('validation')
    device.pushErrorScope('out-of-memory')
    const done = work()
    const errors = [device.popErrorScope(), device.popErrorScope()]
    const [value, ...found] = await Promise.all([done, ...errors])
    const [error] = found.filter((one) => one !== null)
    if (error) throw new DeviceRefused(error.message)
    return value
  }

  close(): void {
    for (const buffer of this.#buffers) buffer.destroy()
    this.#buffers.clear()
    this.#staging.clear()
    this.#compiled.clear()
  }

  async #compile(program: Program): Promise<void> {
    if (this.#compiled.has(program)) return
    const { device } = this
    const types = ['uniform', ...program.storage.map((access) => BUFFER_TYPES[access])] as const
    const layout = device.createBindGroupLayout({
      entries: types.map((type, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type },
      })),
    })
    const module = device.createShaderModule({ label: program.name, code: program.code })
    const pipeline = await device.createComputePipelineAsync({
      label: program.name,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main' },
    })
    const parameters = this.#create(
      PARAMETER_BYTES,
      GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    )
    this.#compiled.set(program, { pipeline, layout, parameters })
  }

  #stagingOf(sizeBytes: number): GPUBuffer {
    const held = this.#staging.get(sizeBytes)
    if (held) return held
    const made = this.#create(sizeBytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST)
    this.#staging.set(sizeBytes, made)
    return made
  }

  #create(sizeBytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const buffer = this.device.createBuffer({ size: sizeBytes, usage })
    this.#buffers.add(buffer)
    return buffer
  }
}

export interface ProgramCall {
  readonly tiles: number
  readonly parameters: ArrayBuffer
  readonly storage: readonly GPUBuffer[]
}

const BUFFER_TYPES = { read: 'read-only-storage', write: 'storage' } as const

/** Words for a program's parameters: unsigned integers, and floats as `float(x)`. */
export type Word = number | { readonly float: number }

export function parameterWords(words: readonly Word[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(PARAMETER_BYTES))
  words.forEach((word, at) => {
    if (typeof word === 'number') view.setUint32(4 * at, word, true)
    else view.setFloat32(4 * at, word.float, true)
  })
  return view.buffer
}
