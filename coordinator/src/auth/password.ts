import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** About 250 ms and 16 MiB a hash. Source: RFC 7914; OWASP's minimum for N = 2¹⁴ is p = 5. */
const COST = { N: 16_384, r: 8, p: 5 } as const
/** Names the cost: a hash of another cost is not of this kind. */
const KIND = 'scrypt5'
const KEY_BYTES = 32

const derive: (
  password: string,
  salt: Buffer,
  sizeBytes: number,
  options: typeof COST,
) => Promise<Buffer> = promisify(scrypt)

/** "scrypt5$salt$key", both base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password.normalize('NFKC'), salt, KEY_BYTES, COST)
  return [KIND, salt.toString('base64url'), key.toString('base64url')].join('$')
}

export async function passwordMatches(password: string, hash: string): Promise<boolean> {
  const [kind, salt = '', key = ''] = hash.split('$')
  if (kind !== KIND) throw new Error(`unknown password hash "${String(kind)}"`)
  const expected = Buffer.from(key, 'base64url')
  const given = await derive(
    password.normalize('NFKC'),
    Buffer.from(salt, 'base64url'),
    KEY_BYTES,
    COST,
  )
  return expected.length === given.length && timingSafeEqual(expected, given)
}
