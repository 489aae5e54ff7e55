/** Why a hello is turned away; what is not fatal may be tried again. */
export interface Refusal {
  readonly code: string
  readonly detail: string
  readonly fatal: boolean
}

export const TOO_MANY_NEWCOMERS: Refusal = {
  code: 'TOO_MANY_NEWCOMERS',
  detail: 'Too many newcomers from this address; wait a minute.',
  fatal: false,
}

export const TOO_MANY_RETURNS: Refusal = {
  code: 'TOO_MANY_RETURNS',
  detail: 'This contributor comes back too often; it may try again in a while.',
  fatal: false,
}

export const NO_ROOM: Refusal = {
  code: 'RUN_FULL',
  detail: 'This run has no room for more contributors.',
  fatal: true,
}

export const INVITE_NEEDED: Refusal = {
  code: 'INVITE_NEEDED',
  detail: 'This run is by invitation: open the link that the operator has given you.',
  fatal: true,
}

export const INVITE_WRONG: Refusal = {
  code: 'INVITE_WRONG',
  detail: 'This invite code is not the one of this run, or not any more: ask for another link.',
  fatal: true,
}

/** Of places, which others leave: worth another try. */
export function noPlace(method: string, most: number): Refusal {
  const people = most === 1 ? 'one contributor' : `${most} contributors`
  const detail = `${method} takes ${people} at once; a place may become free.`
  return { code: 'RUN_FULL', detail, fatal: false }
}

/** Others may leave: worth another try. */
export function tooManyFromAddress(most: number): Refusal {
  const detail = `This server takes ${most} contributors from one network address at once.`
  return { code: 'TOO_MANY_FROM_ADDRESS', detail, fatal: false }
}
