import { createHash } from 'node:crypto'
import { z } from 'zod'
import { CodedError } from '../errors.ts'

/** The file that says what a backup holds; it is written last. */
export const MANIFEST = 'backup.json'
/** The form of a backup; another number is another program's. */
const FORMAT = 1
const MAX_FILES = 1_000_000

/** Inside the backup: names of ours alone, no way out. */
const path = z.string().regex(/^(?!.*\.\.)[A-Za-z0-9][\w.-]*(\/[\w-][\w.-]*){0,4}$/)

const content = z.strictObject({
  version: z.string(),
  madeAt: z.string(),
  files: z
    .array(z.strictObject({ path, sizeBytes: z.int().min(0), sha256: z.hash('sha256') }))
    .max(MAX_FILES),
  /** Files that were damaged in the data directory already. */
  missing: z.array(z.string()).max(MAX_FILES),
})
const manifest = z.strictObject({
  format: z.literal(FORMAT),
  /** Of the content as JSON without spaces. */
  sha256: z.hash('sha256'),
  content,
})
export type Manifest = z.infer<typeof content>
export type BackupFile = Manifest['files'][number]

export function encodeManifest(made: Manifest): Uint8Array {
  const whole = { format: FORMAT, sha256: sha256(made), content: made }
  return Buffer.from(`${JSON.stringify(whole, null, 1)}\n`)
}

/** The fields in the order of the schema, whatever order they came in. */
function sha256(made: Manifest): string {
  return createHash('sha256')
    .update(JSON.stringify(content.parse(made)))
    .digest('hex')
}

/** @throws CodedError BACKUP_INVALID */
export function decodeManifest(text: string, folder: string): Manifest {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new CodedError('BACKUP_INVALID', `${folder}/${MANIFEST} is not JSON.`, error)
  }
  const parsed = manifest.safeParse(json)
  if (parsed.success) {
    const { sha256: said, content: made } = parsed.data
    if (said === sha256(made)) return made
    throw new CodedError('BACKUP_INVALID', `${folder}/${MANIFEST} is not as it was written.`)
  }
  const issue = parsed.error.issues[0]
  const where = `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim()
  throw new CodedError('BACKUP_INVALID', `${folder}/${MANIFEST} does not pass: ${where}.`)
}
