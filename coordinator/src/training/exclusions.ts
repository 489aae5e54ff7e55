/** Why a contributor is sent away, by the code that it is told: to it, and in the operator's log. */
export const EXCLUSIONS = {
  KICKED: {
    said: 'The operator removed you from the run.',
    event: 'removed',
    logged: (name: string) => `You removed ${name}; it may join again.`,
  },
  BANNED: {
    said: 'The operator has excluded you from this run.',
    event: 'banned',
    logged: (name: string) => `You excluded ${name} from this run for good.`,
  },
  TOO_MANY_STRIKES: {
    said: 'This browser has broken the rules too often.',
    event: 'excluded',
    logged: (name: string) => `${name} has broken the rules too often.`,
  },
  RATE_LIMITED: {
    said: 'Far too many messages came from this browser.',
    event: 'excluded',
    logged: (name: string) => `${name} sent far too many messages.`,
  },
  BYTES_LIMITED: {
    said: 'Far more came from this browser than its rounds can take.',
    event: 'excluded',
    logged: (name: string) => `${name} sent far more bytes than rounds can take.`,
  },
} as const
export type Exclusion = keyof typeof EXCLUSIONS
