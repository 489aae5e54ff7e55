/**
 * A disk in memory for tests, which forgets at a power cut what was never synced. It counts the
 * operations that change it; a test has one of them fail, or the power fail at it.
 */
import { dirname } from 'node:path'
import { generator } from '@quorate/shared/random/generator'
import type { Generator } from '@quorate/shared/random/generator'
import type { Disk, DiskEntry, DiskFile } from '../store/files/disk.ts'

export type Operation =
  'create' | 'write' | 'truncate' | 'datasync' | 'rename' | 'remove' | 'mkdir' | 'sync-directory'

/** What an operation comes to: null goes through. */
export type Fault =
  /** It fails with this code, and what it was to write is there in part. */
  | { readonly kind: 'fails'; readonly code: 'ENOSPC' | 'EIO' }
  /** The machine stops in the middle of it; nothing answers any more. */
  | { readonly kind: 'stops' }
  | null

export interface SimulatedDiskOptions {
  readonly seed?: number
  /** `number` counts from 1. */
  readonly faultAt?: (number: number, operation: Operation, path: string) => Fault
}

interface File {
  bytes: Buffer
  /** As a power cut leaves it when none of `unsynced` got through. */
  lasting: Buffer
  unsynced: Change[]
  modifiedAtMs: number
}

type Change =
  | { readonly kind: 'write'; readonly position: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly sizeBytes: number }

type Names = Map<string, File | 'directory'>

interface NameChange {
  readonly folders: readonly string[]
  readonly apply: (names: Names) => void
}

export class SimulatedDisk implements Disk {
  /** Bytes that all files together may take. */
  capacityBytes = Number.POSITIVE_INFINITY
  faultAt: NonNullable<SimulatedDiskOptions['faultAt']>
  readonly #random: Generator
  readonly #names: Names = new Map([['/', 'directory']])
  readonly #lastingNames: Names = new Map([['/', 'directory']])
  #nameChanges: NameChange[] = []
  #operations = 0
  #stopped = false

  constructor({ seed = 1, faultAt = () => null }: SimulatedDiskOptions = {}) {
    this.faultAt = faultAt
    this.#random = generator(seed, 7)
  }

  /** Operations so far that change something. */
  get operations(): number {
    return this.#operations
  }
  get stopped(): boolean {
    return this.#stopped
  }
  get usedBytes(): number {
    const files = [...this.#names.values()].filter((each) => each !== 'directory')
    return files.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }

  /** Nothing answers any more. */
  stop(): void {
    this.#stopped = true
  }

  /**
   * The disk as the next process finds it. After a `kill` all that was written is there; after a
   * `power cut` of what was not synced some is, some is not, and some in part, by the seed.
   */
  after(how: 'kill' | 'power cut', seed = 1): SimulatedDisk {
    const next = new SimulatedDisk({ seed })
    const random = generator(seed, 8)
    const names = how === 'kill' ? this.#names : this.#survivingNames(random)
    const files = new Map<File, File>()
    for (const [path, entry] of names) {
      if (!hasFolders(names, path)) continue
      if (entry === 'directory') {
        next.#put(path, 'directory')
        continue
      }
      const bytes = how === 'kill' ? Buffer.from(entry.bytes) : surviving(entry, random)
      const copy = files.get(entry) ?? { ...entry, bytes, lasting: bytes, unsynced: [] }
      files.set(entry, copy)
      next.#put(path, copy)
    }
    return next
  }

  #put(path: string, entry: File | 'directory'): void {
    this.#names.set(path, entry)
    this.#lastingNames.set(path, entry)
  }

  #survivingNames(random: Generator): Names {
    const names: Names = new Map(this.#lastingNames)
    const kept = random.below(this.#nameChanges.length + 1)
    for (const { apply } of this.#nameChanges.slice(0, kept)) apply(names)
    return names
  }

  async open(path: string, flags: 'r' | 'r+' | 'w'): Promise<DiskFile> {
    this.#alive()
    const found = this.#names.get(path)
    if (found === 'directory') throw failure('EISDIR', path)
    if (flags !== 'w') {
      if (!found) throw failure('ENOENT', path)
      return this.#opened(path, found)
    }
    if (found) {
      this.#change(path, found, { kind: 'truncate', sizeBytes: 0 })
      return this.#opened(path, found)
    }
    this.#needFolder(path)
    this.#operate('create', path)
    const empty = Buffer.alloc(0)
    const file: File = { bytes: empty, lasting: empty, unsynced: [], modifiedAtMs: 0 }
    this.#rename([dirname(path)], (names) => names.set(path, file))
    return this.#opened(path, file)
  }

  async readFile(path: string): Promise<Buffer> {
    return Buffer.from(this.#file(path).bytes)
  }

  async rename(from: string, to: string): Promise<void> {
    const file = this.#file(from)
    this.#needFolder(to)
    this.#operate('rename', to)
    this.#rename([dirname(from), dirname(to)], (names) => {
      names.delete(from)
      names.set(to, file)
    })
  }

  async remove(path: string): Promise<void> {
    this.#file(path)
    this.#operate('remove', path)
    this.#rename([dirname(path)], (names) => names.delete(path))
  }

  async removeTree(path: string): Promise<void> {
    this.#alive()
    const below = [...this.#names.keys()].filter(
      (name) => name === path || name.startsWith(`${path}/`),
    )
    for (const name of below.sort().reverse()) {
      this.#operate('remove', name)
      this.#rename([dirname(name)], (names) => names.delete(name))
    }
  }

  async mkdir(path: string): Promise<void> {
    this.#alive()
    if (this.#names.has(path)) throw failure('EEXIST', path)
    this.#needFolder(path)
    this.#operate('mkdir', path)
    this.#rename([dirname(path)], (names) => names.set(path, 'directory'))
  }

  async names(path: string): Promise<string[]> {
    this.#alive()
    if (this.#names.get(path) !== 'directory') throw failure('ENOENT', path)
    const inside = [...this.#names.keys()].filter((name) => name !== '/' && dirname(name) === path)
    return inside.map((name) => name.slice(path === '/' ? 1 : path.length + 1)).sort()
  }

  async stat(path: string): Promise<DiskEntry> {
    this.#alive()
    const found = this.#names.get(path)
    if (!found) throw failure('ENOENT', path)
    if (found === 'directory') return { sizeBytes: 0, modifiedAtMs: 0, isDirectory: true }
    const { bytes, modifiedAtMs } = found
    return { sizeBytes: bytes.length, modifiedAtMs, isDirectory: false }
  }

  async touch(path: string, atMs: number): Promise<void> {
    this.#file(path).modifiedAtMs = atMs
  }

  async syncDirectory(path: string): Promise<void> {
    this.#operate('sync-directory', path)
    // A journal is written in order: with the last change in this folder go all before it.
    const last = this.#nameChanges.findLastIndex(({ folders }) => folders.includes(path))
    for (const { apply } of this.#nameChanges.splice(0, last + 1)) apply(this.#lastingNames)
  }

  async freeBytes(): Promise<number> {
    this.#alive()
    return Math.max(0, this.capacityBytes - this.usedBytes)
  }

  #opened(path: string, file: File): DiskFile {
    return {
      read: async (into, offset, length, position) => {
        this.#alive()
        const part = file.bytes.subarray(position, position + length)
        into.set(part, offset)
        return { bytesRead: part.length }
      },
      write: async (bytes, offset, length, position) => {
        const whole = Buffer.from(bytes.subarray(offset, offset + length))
        const grows = Math.max(0, position + whole.length - file.bytes.length)
        const room = this.capacityBytes - this.usedBytes
        const fits = whole.subarray(0, whole.length - Math.max(0, Math.min(grows, grows - room)))
        if (fits.length === 0 && length > 0) throw failure('ENOSPC', path)
        this.#change(path, file, { kind: 'write', position, bytes: fits })
        return { bytesWritten: fits.length }
      },
      truncate: async (sizeBytes) => this.#change(path, file, { kind: 'truncate', sizeBytes }),
      datasync: async () => {
        this.#operate('datasync', path)
        file.lasting = file.bytes
        file.unsynced = []
      },
      close: async () => {},
    }
  }

  #change(path: string, file: File, change: Change): void {
    const apply = (done: Change) => {
      file.bytes = changed(file.bytes, done)
      file.unsynced.push(done)
    }
    this.#operate(change.kind, path, () => {
      if (change.kind === 'write') apply(torn(change, this.#random))
    })
    apply(change)
  }

  #rename(folders: readonly string[], apply: (names: Names) => void): void {
    apply(this.#names)
    this.#nameChanges.push({ folders, apply })
  }

  /** Counts, and lets the operation fail where the test says so; `inPart` is what it then leaves. */
  #operate(operation: Operation, path: string, inPart: () => void = () => {}): void {
    this.#alive()
    this.#operations += 1
    const fault = this.faultAt(this.#operations, operation, path)
    if (fault === null) return
    inPart()
    if (fault.kind === 'fails') throw failure(fault.code, path)
    this.#stopped = true
    this.#alive()
  }

  #alive(): void {
    if (this.#stopped) throw failure('STOPPED', 'the machine')
  }

  #file(path: string): File {
    this.#alive()
    const found = this.#names.get(path)
    if (!found) throw failure('ENOENT', path)
    if (found === 'directory') throw failure('EISDIR', path)
    return found
  }

  #needFolder(path: string): void {
    if (this.#names.get(dirname(path)) !== 'directory') throw failure('ENOENT', path)
  }
}

function changed(bytes: Buffer, change: Change): Buffer {
  if (change.kind === 'truncate') {
    const { sizeBytes } = change
    return Buffer.concat([bytes, Buffer.alloc(Math.max(0, sizeBytes - bytes.length))], sizeBytes)
  }
  const end = change.position + change.bytes.length
  const grown = Buffer.alloc(Math.max(bytes.length, end))
  bytes.copy(grown)
  change.bytes.copy(grown, change.position)
  return grown
}

/** The first bytes of a write, as many as chance says. */
function torn(change: Change & { kind: 'write' }, random: Generator): Change {
  return { ...change, bytes: change.bytes.subarray(0, random.below(change.bytes.length + 1)) }
}

/** What was synced, and of the rest a part: each change whole, torn or not at all. */
function surviving(file: File, random: Generator): Buffer {
  let bytes = file.lasting
  for (const change of file.unsynced) {
    const fate = random.below(3)
    if (fate === 0) continue
    bytes = changed(bytes, fate === 1 && change.kind === 'write' ? torn(change, random) : change)
  }
  return bytes
}

function hasFolders(names: Names, path: string): boolean {
  if (path === '/') return true
  const folder = dirname(path)
  return names.get(folder) === 'directory' && hasFolders(names, folder)
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code })
}
