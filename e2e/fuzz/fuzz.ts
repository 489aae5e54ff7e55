/** Feeds a decoder with valid inputs that were changed, and holds it to what it promises. */
import { getHeapStatistics } from 'node:v8'
import { generator } from '@quorate/shared/random/generator'
import * as fc from 'fast-check'
import { COORDINATOR_TARGETS } from './coordinator-frames.ts'
import { FILE_TARGETS } from './files.ts'
import { MESSAGE_TARGETS } from './messages.ts'
import type { Mutation } from './mutation.ts'
import { mutated, mutations } from './mutation.ts'
import { PAYLOAD_TARGETS } from './payloads.ts'
import type { Target } from './target.ts'

/** Every decoder of bytes that come from somebody else. */
export const TARGETS: readonly Target[] = [
  ...PAYLOAD_TARGETS,
  ...COORDINATOR_TARGETS,
  ...FILE_TARGETS,
  ...MESSAGE_TARGETS,
]

/** Valid inputs that are changed, each in turn. */
const POOL = 256
const BYTES_PER_BYTE = 64
const RETRIES = 3

export interface Fuzzed {
  readonly target: string
  readonly inputs: number
  /** Inputs that passed, or were refused with a code. */
  readonly accepted: number
  readonly refused: number
  /** The most that one input made it allocate. */
  readonly mostBytes: number
  /** What it did that it must not, with the smallest input found that makes it do so; else null. */
  readonly failure: string | null
}

/** The same seed gives the same inputs. */
export function fuzz(target: Target, inputs: number, seed: number): Fuzzed {
  const random = generator(seed, 0xf022)
  const pool = Array.from({ length: POOL }, () => target.make(random))
  const input = fc.record({ of: fc.nat(POOL - 1), other: fc.nat(POOL - 1), changes: mutations })
  const seal = target.seal ?? ((bytes: Uint8Array) => bytes)
  const bytesFor = (one: { of: number; other: number; changes: readonly Mutation[] }) =>
    mutated(pool[one.of] as Uint8Array, one.changes, { other: pool[one.other] as Uint8Array, seal })
  const seen = { accepted: 0, refused: 0, mostBytes: 0 }
  const property = fc.property(input, (one) => {
    const bytes = bytesFor(one)
    const bound = target.mostBytes + BYTES_PER_BYTE * bytes.length
    let { how, tookBytes } = measured(target, bytes)
    // The engine allocates for itself now and then; what the input makes it allocate comes again.
    for (let again = 0; tookBytes > bound && again < RETRIES; again++) {
      ;({ how, tookBytes } = measured(target, bytes))
    }
    seen.mostBytes = Math.max(seen.mostBytes, tookBytes)
    if (tookBytes > bound) throw new Error(`allocated ${tookBytes} bytes, at most ${bound}`)
    seen[how] += 1
  })
  const result = fc.check(property, { seed, numRuns: inputs })
  const [smallest] = result.counterexample ?? []
  const failure = smallest
    ? `${String(result.errorInstance)}: ${Buffer.from(bytesFor(smallest)).toString('hex').slice(0, 2000)}`
    : null
  return { target: target.name, inputs: result.numRuns, ...seen, failure }
}

function measured(target: Target, bytes: Uint8Array) {
  const before = allocatedBytes()
  const how = read(target, bytes)
  return { how, tookBytes: allocatedBytes() - before }
}

function read(target: Target, bytes: Uint8Array): 'accepted' | 'refused' {
  try {
    target.read(bytes)
    return 'accepted'
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (typeof code === 'string' && target.codes.has(code)) return 'refused'
    throw error
  }
}

/** In use now, on the heap and beside it; less after a collection, which hides what came before. */
function allocatedBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics()
  return used_heap_size + external_memory
}
