/** Battery, connection and screen, where the browser lets a page know or ask. */
import { watchMetered } from './metered.ts'

interface Battery extends EventTarget {
  readonly charging: boolean
}

type Support = 'unknown' | 'yes' | 'no'

/** Whether this machine runs on battery; Chromium alone tells. */
export class PowerSource {
  support = $state<Support>('unknown')
  onBattery = $state(false)

  async watch(): Promise<void> {
    const getBattery: unknown = Reflect.get(navigator, 'getBattery')
    if (typeof getBattery !== 'function') {
      this.support = 'no'
      return
    }
    try {
      const battery = (await getBattery.call(navigator)) as Battery
      this.support = 'yes'
      this.onBattery = !battery.charging
      battery.addEventListener('chargingchange', () => (this.onBattery = !battery.charging))
    } catch {
      this.support = 'no'
    }
  }
}

/** Whether the connection is metered, until the signal aborts. */
export class MeteredConnection {
  readonly support: Support
  metered = $state(false)

  constructor(signal: AbortSignal) {
    const connection: unknown = Reflect.get(navigator, 'connection')
    const watched = watchMetered(connection, (metered) => (this.metered = metered), signal)
    this.support = watched ? 'yes' : 'no'
  }
}

/** Keeps the screen on while wanted; the browser drops the lock when the page is hidden. */
export class ScreenLock {
  readonly support: Support = 'wakeLock' in navigator ? 'yes' : 'no'
  refused = $state(false)
  #wanted = false
  #lock: WakeLockSentinel | null = null

  constructor() {
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') void this.#settle()
    })
  }

  want(wanted: boolean): void {
    this.#wanted = wanted
    void this.#settle()
  }

  async #settle(): Promise<void> {
    if (this.support === 'no') return
    try {
      if (this.#wanted && (this.#lock === null || this.#lock.released)) {
        this.#lock = await navigator.wakeLock.request('screen')
        this.refused = false
      }
      if (!this.#wanted) {
        await this.#lock?.release()
        this.#lock = null
      }
    } catch {
      this.refused = this.#wanted
    }
  }
}
