const KEY = 'quorate-volunteer'

interface Kept {
  hideAddress: boolean
  wakeLock: boolean
  pauseOnBattery: boolean
  pauseOnMetered: boolean
  intensity: number
}

const defaults: Kept = {
  hideAddress: false,
  wakeLock: false,
  pauseOnBattery: false,
  pauseOnMetered: false,
  intensity: 1,
}

/** The volunteer's choices, kept in this browser. */
export class Preferences implements Kept {
  hideAddress = $state(defaults.hideAddress)
  wakeLock = $state(defaults.wakeLock)
  pauseOnBattery = $state(defaults.pauseOnBattery)
  pauseOnMetered = $state(defaults.pauseOnMetered)
  intensity = $state(defaults.intensity)

  constructor() {
    Object.assign(this, read())
  }

  keep(): void {
    const { hideAddress, wakeLock, pauseOnBattery, pauseOnMetered, intensity } = this
    const kept: Kept = { hideAddress, wakeLock, pauseOnBattery, pauseOnMetered, intensity }
    try {
      localStorage.setItem(KEY, JSON.stringify(kept))
    } catch {
      // Storage is blocked: the choices last as long as the page.
    }
  }
}

function read(): Partial<Kept> {
  let kept: unknown
  try {
    kept = JSON.parse(localStorage.getItem(KEY) ?? '{}')
  } catch {
    return {}
  }
  if (typeof kept !== 'object' || kept === null) return {}
  const found: Partial<Kept> = {}
  for (const name of ['hideAddress', 'wakeLock', 'pauseOnBattery', 'pauseOnMetered'] as const) {
    const value: unknown = Reflect.get(kept, name)
    if (typeof value === 'boolean') found[name] = value
  }
  const intensity: unknown = Reflect.get(kept, 'intensity')
  if (typeof intensity === 'number' && intensity >= 0.1 && intensity <= 1)
    found.intensity = intensity
  return found
}
