export interface Usage {
  /** Buffers that are alive on all devices of the page. */
  readonly buffers: number
  /** Bytes mapped for reading, all in all. */
  readonly readBytes: number
}

/** What the page's devices are used for from now on. */
export function watchDevices(): () => Usage {
  const alive = new Set<GPUBuffer>()
  let readBytes = 0
  const { createBuffer } = GPUDevice.prototype
  GPUDevice.prototype.createBuffer = function (...args) {
    const buffer = createBuffer.apply(this, args)
    alive.add(buffer)
    return buffer
  }
  const { destroy, mapAsync } = GPUBuffer.prototype
  GPUBuffer.prototype.destroy = function () {
    alive.delete(this)
    return destroy.apply(this)
  }
  GPUBuffer.prototype.mapAsync = function (...args) {
    readBytes += this.size
    return mapAsync.apply(this, args)
  }
  return () => ({ buffers: alive.size, readBytes })
}
