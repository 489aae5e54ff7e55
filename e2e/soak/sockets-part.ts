/** A hundred hostile sockets at a real coordinator with a run in progress. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCoordinator } from '../fixtures/coordinator.ts'
import type { Command } from './flags.ts'
import type { Output } from './output.ts'
import { faultsOf } from './siege-faults.ts'
import { underSiege } from './siege.ts'

/** Returns how much has failed. */
export async function soakSockets({ seconds }: Command, out: Output): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-soak-'))
  const logFile = join(folder, 'coordinator.log')
  const coordinator = await startCoordinator({ flags: ['--no-demo'], logFile })
  try {
    const figures = await underSiege(coordinator, seconds, (text) =>
      out.progress(() => `sockets: ${text}`),
    )
    out.print(`sockets: ${JSON.stringify(figures)}`)
    const faults = faultsOf(figures)
    for (const fault of faults) out.print(`sockets failed: ${fault}`)
    return faults.length
  } finally {
    await coordinator.stop()
    await coordinator.removeData()
    await rm(folder, { recursive: true, force: true })
  }
}
