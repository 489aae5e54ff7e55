import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/** About 50 ms and 16 MiB a hash. Source: RFC 7914, OWASP's recommended minimum. */
const COST = { N: 16_384, r: 8, p: 1 } as const
const KEY_BYTES = 32

const derive: (
  password: string,
  salt: Buffer,
  sizeBytes: number,
  options: typeof COST,
) => Promise<Buffer> = promisify(scrypt)

/** "scrypt$salt$key", both base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password.normalize('NFKC'), salt, KEY_BYTES, COST)
  return ['scrypt', salt.toString('base64url'), key.toString('base64url')].join('$')
}

export async function passwordMatches(password: string, hash: string): Promise<boolean> {
  const [kind, salt = '', key = ''] = hash.split('$')
  if (kind !== 'scrypt') throw new Error(`unknown password hash "${String(kind)}"`)
  const expected = Buffer.from(key, 'base64url')
  const given = await derive(
    password.normalize('NFKC'),
    Buffer.from(salt, 'base64url'),
    KEY_BYTES,
    COST,
  )
  return expected.length === given.length && timingSafeEqual(expected, given)
}
