/** `npm run soak`, once it is built: flags in, progress on stderr, figures and findings on stdout. */
import { SoakError } from './errors.ts'
import type { Command, Part } from './flags.ts'
import { helpText, readCommand } from './flags.ts'
import { soakFuzz } from './fuzz-part.ts'
import { Output } from './output.ts'
import { soakSockets } from './sockets-part.ts'
import { soakWorld } from './world-part.ts'

/** Each returns how much has failed. */
const RUN: Readonly<Record<Part, (command: Command, out: Output) => number | Promise<number>>> = {
  world: soakWorld,
  fuzz: soakFuzz,
  sockets: soakSockets,
}

/** Rejects with a coded error for flags that do not pass, and where something has failed. */
export async function main(argv: readonly string[]): Promise<void> {
  const command = readCommand(argv)
  if (!command) {
    process.stdout.write(helpText())
    return
  }
  const out = new Output(() => performance.now(), {
    progress: process.stderr,
    write: (text) => void process.stdout.write(text),
  })
  let failed = 0
  for (const part of command.only) failed += await RUN[part](command, out)
  out.end()
  if (failed > 0) throw new SoakError('SOAK_FAILED', `${failed} failed; see above`)
}
