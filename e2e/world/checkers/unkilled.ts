import { RunModel } from '@quorate/coordinator/training/run-model'
import { decodeRecord } from '@quorate/shared/wire/record'
import { decodeVerdict, encodeVerdict } from '@quorate/shared/wire/verdict'
import { sameBytes } from '../witness.ts'
import type { Checker, Evidence } from './evidence.ts'

/**
 * A coordinator that was never killed, given the same ballots, says the same to the bit, has made
 * the same checkpoints, and ends with the same parameters.
 */
export const neverKilled: Checker = (evidence) => {
  const faults: string[] = []
  const digests = replay(evidence, (fault) => faults.push(fault))
  for (const { round, digest } of evidence.checkpoints) {
    const expected = digests.get(round)
    if (expected !== digest) faults.push(`checkpoint ${round} is ${digest}, not ${expected}`)
  }
  const last = [...digests].at(-1)
  const expected = `${last?.[0]} ${last?.[1]}`
  for (const replica of evidence.replicas) {
    if (replica !== expected) faults.push(`a replica ends at ${replica}, not at ${expected}`)
  }
  return faults
}

/** Digest by round, of one coordinator that decides everything in one life. */
export function replay(
  { witness, settings, shape, runNumber }: Evidence,
  differs: (fault: string) => void = () => {},
): ReadonlyMap<number, string> {
  const model = new RunModel(settings, shape)
  const frames = { run: runNumber, d: model.d, block: model.block }
  const digests = new Map([[0, model.digest()]])
  for (const { round, attempt, frame, record } of witness.entries) {
    const { valid } = decodeVerdict(frame, frames).verdict
    const verdict = model.decide(decodeRecord(record, model), valid)
    if (!sameBytes(encodeVerdict(frames, { round, attempt }, verdict), frame)) {
      differs(`round ${round} was decided otherwise`)
    }
    model.advance(verdict)
    digests.set(model.round, model.digest())
  }
  return digests
}
