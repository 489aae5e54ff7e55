import { detailOf } from '@quorate/shared/failure/detail'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { steadyClock } from '@quorate/shared/clock/steady-clock'
import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import type { FastifyBaseLogger } from 'fastify'
import { buildApp } from './app.ts'
import { SESSION_COOKIE } from './auth/guard.ts'
import { Operator } from './auth/operator.ts'
import type { Config } from './config.ts'
import { openDataSets } from './data/data-sets.ts'
import { trainingData } from './data/training-data.ts'
import { openDataDirectory } from './data-directory.ts'
import { closeDatabase, openDatabase } from './database/database.ts'
import { CodedError } from './errors.ts'
import { ThreadEvaluator } from './evaluation/evaluator.ts'
import { iceIssuer } from './ice/ice-issuer.ts'
import type { RouteApp } from './routes/route-app.ts'
import { attachSockets } from './sockets/sockets.ts'
import { failedWith } from './store/files/disk.ts'
import { directoryRoom } from './store/files/directory-room.ts'
import { openFileBlobs } from './store/files/file-blobs.ts'
import { openFileLedgers } from './store/files/file-ledgers.ts'
import { SqliteOperatorSecrets } from './store/sqlite/operator-store.ts'
import { SqliteStore } from './store/sqlite/sqlite-store.ts'
import { createTelemetry } from './telemetry.ts'
import { isNoRoom } from './training/no-room.ts'
import type { TrainingService } from './training/service.ts'
import { createTraining } from './training/training.ts'

export interface Coordinator {
  readonly training: TrainingService
  /** Address of this machine's own. */
  readonly localUrl: string
  /** Address to give to others. */
  readonly publicUrl: string
  /** Where other machines of the network find it, if it listens to them and no address was given. */
  readonly networkUrls: readonly string[]
  /** Signs the operator in, once; null: there was no room on the disk to keep it. */
  readonly signInUrl: string | null
  close(): Promise<void>
}

/** Where the build has put what belongs to the coordinator. */
export interface BuiltFiles {
  readonly clientFolder: string
  readonly evaluationWorker: string
}

/** Open sockets of each kind and address, at least. */
const SOCKETS_PER_ADDRESS = 128

type Closer = () => Promise<void> | void

/**
 * Starts everything: data directory, database, training, server. What was started is stopped again
 * when a later part fails.
 *
 * @throws CodedError whose message is meant for the person at the terminal.
 */
export async function startCoordinator(
  config: Config,
  built: BuiltFiles,
  log: FastifyBaseLogger,
): Promise<Coordinator> {
  const closers: Closer[] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    return { ...(await start(config, { ...built, log, closers })), close }
  } catch (error) {
    await close().catch((closing: unknown) => {
      log.error({ error: detailOf(closing) }, 'what was started could not be ended in order')
    })
    throw isNoRoom(error) ? noRoomToStart(config.dataFolder, error) : error
  }
}

/** The database cannot even be opened; whoever starts this process may try again. */
function noRoomToStart(folder: string, cause: unknown): CodedError {
  const advice = 'Make some and start again; nothing is lost.'
  return new CodedError('DISK_FULL', `There is no room on the disk of ${folder}. ${advice}`, cause)
}

async function start(
  config: Config,
  { log, closers, ...built }: BuiltFiles & { log: FastifyBaseLogger; closers: Closer[] },
): Promise<Omit<Coordinator, 'close'>> {
  const clock = steadyClock()
  const entropy = (sizeBytes: number) => new Uint8Array(randomBytes(sizeBytes))
  const tls = await readTls(config)
  const directory = await openDataDirectory(config.dataFolder)
  closers.push(() => directory.release())
  const database = await openDatabase(directory.databasePath)
  closers.push(() => closeDatabase(database))
  const store = new SqliteStore(database)
  const blobs = await openFileBlobs(directory.blobsFolder)
  const deleted = await blobs.keepOnly(await store.blobsInUse())
  if (deleted > 0) log.info({ deleted }, 'files that no run needs any more are deleted')
  const dataSets = await openDataSets(directory.dataSetsFolder)
  const evaluator = new ThreadEvaluator({ workerPath: built.evaluationWorker, dataSets, clock })
  closers.push(() => evaluator.close())

  const training = await createTraining({
    store,
    blobs,
    ledgers: await openFileLedgers(directory.ledgersFolder),
    evaluator,
    clock,
    entropy,
    log,
    contributorsPerAddress: config.contributorsPerAddress,
    data: trainingData(dataSets, blobs),
    issueIce: iceIssuer({ servers: config.iceServers, turn: config.turn }, clock),
    ledgerKeep: config.ledgerKeep,
    room: directoryRoom(directory.path, config.diskLimitBytes),
  })
  closers.push(() => training.close())
  if (config.demo && training.runs().length === 0) {
    const { id } = await training.create(runSettings.parse(demoSettings))
    await training.start(id)
  }

  const operator = new Operator({ secrets: new SqliteOperatorSecrets(database), clock, entropy })
  const telemetry = createTelemetry(training)
  closers.push(() => telemetry.close())
  const { publicUrl, trustProxy } = config
  const app = await buildApp({
    ...{ training, dataSets, blobs, operator, telemetry, log, publicUrl, trustProxy, tls },
    publicBlobs: store,
    clientFolder: built.clientFolder,
  })
  closers.push(() => app.close())
  const isOperator = ({ headers }: IncomingMessage) =>
    operator.isSignedIn(app.parseCookie(headers.cookie ?? '')[SESSION_COOKIE])
  const { contributorsPerAddress } = config
  // More than may contribute, so that whoever may not is told so and why.
  const perAddress = Math.max(2 * contributorsPerAddress, SOCKETS_PER_ADDRESS)
  const limits = { trustProxy, isOperator, perAddress }
  const sockets = attachSockets(app.server, { training, telemetry, clock, log, ...limits })
  closers.push(() => sockets.close())
  closers.push(() => training.halt())
  const localUrl = await listen(app, config)
  const shownUrl = publicUrl?.origin ?? localUrl
  const token = await operator.issueLink().catch((error: unknown) => {
    // Runs are held and say so; who has a password can sign in.
    if (isNoRoom(error)) return null
    throw error
  })
  const signInUrl = token === null ? null : `${shownUrl}/operator/sign-in?token=${token}`
  const listensToAll = ['0.0.0.0', '::'].includes(config.host)
  const networkUrls = listensToAll && !publicUrl ? networkAddresses(localUrl) : []
  return { training, localUrl, publicUrl: shownUrl, networkUrls, signInUrl }
}

async function listen(app: RouteApp, config: Config): Promise<string> {
  const { host, port } = config
  try {
    await app.listen({ host, port })
  } catch (error) {
    if (failedWith(error, 'EADDRINUSE')) {
      throw new CodedError(
        'PORT_IN_USE',
        `Port ${port} at ${host} is in use. Choose another with --port, or --port 0 for any.`,
        error,
      )
    }
    const why = detailOf(error)
    throw new CodedError('LISTEN_FAILED', `Cannot listen at ${host}, port ${port}: ${why}`, error)
  }
  const address = app.server.address() as AddressInfo
  const isAny = address.address === '0.0.0.0' || address.address === '::'
  const name = isAny ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `${config.tls ? 'https' : 'http'}://${name}:${address.port}`
}

/** `localUrl` as other machines say it: one for each IPv4 address of this one. */
function networkAddresses(localUrl: string): string[] {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])
  return addresses
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => localUrl.replace('localhost', address))
}

async function readTls(config: Config): Promise<{ cert: string; key: string } | null> {
  if (!config.tls) return null
  const { certPath, keyPath } = config.tls
  const cert = await readPem('--tls-cert', certPath)
  return { cert, key: await readPem('--tls-key', keyPath) }
}

async function readPem(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const why = failedWith(error, 'ENOENT') ? 'there is no such file' : detailOf(error)
    const advice = 'Give the path of a PEM file that this user may read.'
    throw new CodedError('CONFIG_INVALID', `${flag} "${path}": ${why}. ${advice}`, error)
  }
}
