/** Feeds every decoder with its share of the inputs. */
import { fuzz, TARGETS } from '../fuzz/fuzz.ts'
import type { Command } from './flags.ts'
import type { Output } from './output.ts'

/** At a time, so that progress is told and chance is fresh. */
const BATCH = 10_000

/** Returns how many decoders failed. */
export function soakFuzz({ inputs, seed }: Command, out: Output): number {
  let failed = 0
  const each = Math.ceil(inputs / TARGETS.length)
  for (const target of TARGETS) {
    const seen = { accepted: 0, refused: 0, mostBytes: 0 }
    for (let done = 0; done < each; done += BATCH) {
      out.progress(() => `fuzz: ${target.name}, ${done} of ${each}`)
      const at = seed + done / BATCH
      const result = fuzz(target, Math.min(BATCH, each - done), at)
      seen.accepted += result.accepted
      seen.refused += result.refused
      seen.mostBytes = Math.max(seen.mostBytes, result.mostBytes)
      if (result.failure === null) continue
      failed += 1
      const again = `npm run soak -- --only fuzz --seed ${at} --inputs ${TARGETS.length * BATCH}`
      out.print(`${target.name} failed: ${result.failure}\n  ${again}`)
      break
    }
    const { accepted, refused, mostBytes } = seen
    const allocated = `at most ${Math.round(mostBytes / 1024)} KiB for one`
    out.print(`fuzz: ${target.name}: ${accepted} accepted, ${refused} refused, ${allocated}`)
  }
  return failed
}
