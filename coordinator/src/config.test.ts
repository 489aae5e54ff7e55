import { describe, expect, test } from 'vitest'
import { CodedError } from './errors.ts'
import { helpText, readConfig } from './config.ts'

function refusal(argv: string[], env: Record<string, string> = {}): string {
  try {
    readConfig(argv, env)
  } catch (error) {
    if (error instanceof CodedError && error.code === 'CONFIG_INVALID') return error.message
    throw error
  }
  return 'accepted'
}

describe('the settings', () => {
  test('have the documented defaults', () => {
    expect(readConfig([], {})).toEqual({
      host: '127.0.0.1',
      port: 8080,
      dataFolder: './data',
      ledgerKeep: 10_000,
      diskLimitBytes: null,
      publicUrl: null,
      tls: null,
      trustProxy: false,
      iceServers: [],
      turn: null,
      contributorsPerAddress: 64,
      logLevel: 'warn',
      demo: true,
      volunteers: 0,
    })
  })

  test('take a bound of the ledger and one of the disk', () => {
    const config = readConfig(['--ledger-keep', 'all', '--disk-limit', '1.5TB'], {})
    expect(config).toMatchObject({ ledgerKeep: null, diskLimitBytes: 1.5e12 })
    const env = { QUORATE_LEDGER_KEEP: '2500', QUORATE_DISK_LIMIT: 'none' }
    expect(readConfig([], env)).toMatchObject({ ledgerKeep: 2500, diskLimitBytes: null })
  })

  test.each([
    ['--ledger-keep', '999', '--ledger-keep "999": is neither a whole number of at least 1000'],
    ['--ledger-keep', 'everything', 'nor "all"'],
    ['--disk-limit', '20', '--disk-limit "20": is neither a size of at least 200MB'],
    ['--disk-limit', '1MB', 'like 20GB'],
  ])('%s %s is refused in words', (flag, value, words) => {
    expect(refusal([flag, value])).toContain(words)
  })

  test('come from flags, else from the environment', () => {
    const env = { QUORATE_PORT: '0', QUORATE_HOST: '::', QUORATE_NO_DEMO: '1' }
    const config = readConfig(['--port', '81', '--trust-proxy'], env)
    expect(config).toMatchObject({ port: 81, host: '::', demo: false, trustProxy: true })
  })

  test('that do not pass are all named, with what is wrong', () => {
    const said = refusal(['--port', '99999', '--volunteers', 'many', '--log-level', 'loud'])
    expect(said).toContain('--port "99999": is not within 0 and 65535')
    expect(said).toContain('--volunteers "many": is not a whole number')
    expect(said).toContain('--log-level "loud"')
  })

  test.each([
    [['--prot', '1'], "'--prot'"],
    [['extra'], 'extra'],
    [['--tls-cert', 'a.pem'], 'both or none'],
    [['--tls-key', 'a.pem'], 'both or none'],
    [['--public-url', 'example.org'], 'is not an address'],
    [['--public-url', 'https://example.org/path'], 'is not an address'],
    [['--contributors-per-address', '0'], 'is not within 1 and 10000'],
    [['--volunteers', '33'], 'is not within 0 and 32'],
    [['--ice-servers', 'http://x'], 'is not a stun: or turn: address'],
    [['--ice-servers', '[1'], 'is not JSON'],
    [['--ice-servers', '[{"url":"stun:x"}]'], 'is not a list'],
    [['--stun', 'turn:x'], '"turn:x" is not an address like stun:'],
    [['--stun', 'example.org'], 'is not an address like stun:'],
    [['--turn', 'turn:x'], '--turn "turn:x": needs --turn-secret'],
    [['--turn', 'turn:x?transport=sctp'], 'is not an address like turn:'],
    [['--turn-secret', 'x'.repeat(16)], '--turn-secret: is the secret of no server'],
    [['--turn', 'turn:x', '--turn-secret', 'short'], '--turn-secret: is shorter than 16'],
    [['--host', ''], 'is empty'],
  ])('%j are refused', (argv, said) => {
    expect(refusal(argv)).toContain(said)
  })

  test('are named by their variable where they came from one', () => {
    expect(refusal([], { QUORATE_PORT: 'x' })).toContain('QUORATE_PORT "x": is not a whole number')
    expect(refusal(['--port', 'x'], { QUORATE_PORT: '1' })).toContain('--port "x": is not')
    expect(refusal([], { QUORATE_LOG_LEVEL: 'loud' })).toContain(
      'QUORATE_LOG_LEVEL "loud": must be "fatal" or "error" or',
    )
  })

  test('a switch in the environment is 1 or 0', () => {
    expect(refusal([], { QUORATE_NO_DEMO: 'maybe' })).toContain('a switch takes 1 or 0')
    expect(readConfig([], { QUORATE_NO_DEMO: '0' })?.demo).toBe(true)
  })

  test('ICE servers are a list of addresses or JSON', () => {
    const servers = (text: string) => readConfig(['--ice-servers', text], {})?.iceServers
    expect(servers('stun:a:3478, turn:b')).toEqual([{ urls: 'stun:a:3478' }, { urls: 'turn:b' }])
    const turn = { urls: ['turn:b'], username: 'u', credential: 'c' }
    expect(servers(JSON.stringify([turn]))).toEqual([turn])
  })

  test('STUN servers and those of TURN with a shared secret are kept apart', () => {
    const secret = 'a secret of coturn'
    const config = readConfig(
      ['--stun', 'stun:a, stuns:b:5349', '--turn', 'turn:c,turns:c:5349?transport=tcp'],
      { QUORATE_TURN_SECRET: secret, QUORATE_ICE_SERVERS: 'turn:d' },
    )
    expect(config?.iceServers).toEqual([
      { urls: 'stun:a' },
      { urls: 'stuns:b:5349' },
      { urls: 'turn:d' },
    ])
    expect(config?.turn).toEqual({ urls: ['turn:c', 'turns:c:5349?transport=tcp'], secret })
  })

  test('a secret that does not pass is not repeated', () => {
    expect(refusal(['--turn', 'turn:x', '--turn-secret', 'hush'])).not.toContain('hush')
  })

  test('--help names every flag', () => {
    expect(readConfig(['--help'], {})).toBeNull()
    for (const flag of [
      'host',
      'port',
      'data',
      'public-url',
      'tls-cert',
      'tls-key',
      'trust-proxy',
      'stun',
      'turn',
      'turn-secret',
      'ice-servers',
      'contributors-per-address',
      'log-level',
      'no-demo',
      'volunteers',
    ]) {
      expect(helpText()).toContain(`--${flag}`)
    }
  })
})
