import { z } from 'zod'

const MAX_SERVERS = 16

const iceServer = z.strictObject({
  urls: z.union([z.string(), z.array(z.string()).min(1)]),
  username: z.string().optional(),
  credential: z.string().optional(),
})
export type IceServerSetting = z.infer<typeof iceServer>

const ICE_URL = /^(stun|stuns|turn|turns):[^\s,]+$/
const STUN_URL = /^stuns?:[^\s,?/@]+$/
const TURN_URL = /^turns?:[^\s,?/@]+(\?transport=(udp|tcp))?$/

/** `--ice-servers`: addresses with commas between them, or JSON with credentials that never change. */
export function iceServersOf(text: string, context: z.RefinementCtx): IceServerSetting[] {
  const refuse = (why: string) => {
    context.addIssue(why)
    return z.NEVER
  }
  if (text.trim() === '') return []
  let servers: IceServerSetting[]
  if (text.trimStart().startsWith('[')) {
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      return refuse('is not JSON')
    }
    const parsed = z.array(iceServer).max(MAX_SERVERS).safeParse(json)
    if (!parsed.success) return refuse('is not a list of {urls, username?, credential?}')
    servers = parsed.data
  } else {
    servers = addressesIn(text).map((urls) => ({ urls }))
  }
  const wrong = servers.flatMap(({ urls }) => urls).find((url) => !ICE_URL.test(url))
  return wrong === undefined ? servers : refuse(`"${wrong}" is not a stun: or turn: address`)
}

/** `--stun`: addresses with commas between them. */
export function stunOf(text: string, context: z.RefinementCtx): string[] {
  return checked(text, context, { form: STUN_URL, like: 'stun:stun.example.org:3478' })
}

/** `--turn`: addresses of servers that share the secret, with commas between them. */
export function turnOf(text: string, context: z.RefinementCtx): string[] {
  return checked(text, context, {
    form: TURN_URL,
    like: 'turn:turn.example.org:3478 or turns:turn.example.org:5349?transport=tcp',
  })
}

function checked(
  text: string,
  context: z.RefinementCtx,
  { form, like }: { form: RegExp; like: string },
): string[] {
  if (text.trim() === '') return []
  const urls = addressesIn(text)
  const wrong = urls.find((url) => !form.test(url))
  if (wrong !== undefined) context.addIssue(`"${wrong}" is not an address like ${like}`)
  if (urls.length > MAX_SERVERS) context.addIssue(`names more than ${MAX_SERVERS} servers`)
  return urls
}

function addressesIn(text: string): string[] {
  return text.split(',').map((url) => url.trim())
}
