/** Numbers as people read them. English; `null` (not known yet) is a dash. */

const LOCALE = 'en'
const NOTHING = '–'

const whole = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 })
const three = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 })
const precise = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 4 })
const time = new Intl.DateTimeFormat(LOCALE, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
const date = new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short' })

export function integer(value: number | null): string {
  return value === null ? NOTHING : whole.format(value)
}

/** Up to four significant digits: losses, learning rates. */
export function decimal(value: number | null): string {
  return value === null ? NOTHING : precise.format(value)
}

/** A share of one as a percentage with `digits` after the point. */
export function percent(share: number | null, digits = 1): string {
  if (share === null) return NOTHING
  return new Intl.NumberFormat(LOCALE, {
    style: 'percent',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(share)
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Decimal units: 1 kB is 1,000 bytes. */
export function bytes(value: number | null): string {
  if (value === null) return NOTHING
  let unit = 0
  let size = value
  while (size >= 999.5 && unit < BYTE_UNITS.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${unit === 0 ? whole.format(size) : three.format(size)} ${BYTE_UNITS[unit] ?? ''}`
}

/** A length of time in at most two units: `420 ms`, `1.5 s`, `42 s`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number | null): string {
  if (ms === null) return NOTHING
  if (ms < 1000) return `${ms < 10 ? three.format(ms) : whole.format(ms)} ms`
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return joined(minutes, 'min', minutes < 10 ? seconds % 60 : 0, 's')
  const hours = Math.floor(Math.round(seconds / 60) / 60)
  if (hours < 48) return joined(hours, 'h', Math.round(seconds / 60) % 60, 'min')
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h')
}

/** As `duration`, for what is only estimated: minutes and hours without the small change: `< 1 min`, `8 min`, `3 hours`. */
export function about(ms: number | null): string {
  if (ms === null) return NOTHING
  const minutes = Math.round(ms / 60_000)
  if (ms < 45_000) return '< 1 min'
  if (minutes < 60) return `${minutes} min`
  const hours = Math.round(minutes / 60)
  if (hours < 48) return hours === 1 ? '1 hour' : `${hours} hours`
  return `${Math.round(hours / 24)} days`
}

export function clockTime(atMs: number): string {
  return time.format(atMs)
}

export function dateTime(atMs: number): string {
  return date.format(atMs)
}

function joined(many: number, unit: string, few: number, smaller: string): string {
  return few === 0 ? `${many} ${unit}` : `${many} ${unit} ${few} ${smaller}`
}
