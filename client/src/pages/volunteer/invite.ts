/** Invite codes come in the fragment of the address (`#invite=…`), which no browser sends to a server. */

const CODE = /^[\w-]{1,64}$/

/** The code in a fragment, or null. */
export function inviteIn(hash: string): string | null {
  const code = new URLSearchParams(hash.replace(/^#/, '')).get('invite')
  return code !== null && CODE.test(code) ? code : null
}

/** The code that this tab has been given for a run: now, or before a reload; null without one. */
export function inviteFor(run: string, hash: string): string | null {
  const key = `quorate/invite/${run}`
  const given = inviteIn(hash)
  try {
    if (given !== null) sessionStorage.setItem(key, given)
    return given ?? sessionStorage.getItem(key)
  } catch {
    // Storage is blocked: the code lasts as long as it stands in the address.
    return given
  }
}
