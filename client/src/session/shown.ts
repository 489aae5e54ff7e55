import type { Link, Mesh } from './ports.ts'
import type { CastNews } from './rounds.ts'
import type { TrafficMeter } from './traffic-meter.ts'
import { noSession } from './view.ts'
import type { SessionView } from './view.ts'

/** What the page is shown of a session: keeps it, and tells every change. */
export class Shown {
  readonly #ports: {
    readonly link: Link
    readonly mesh: Mesh
    readonly traffic: TrafficMeter
    readonly onView: (view: SessionView) => void
  }
  #view: SessionView = noSession

  constructor(ports: {
    link: Link
    mesh: Mesh
    traffic: TrafficMeter
    onView: (view: SessionView) => void
  }) {
    this.#ports = ports
  }

  get view(): SessionView {
    return this.#view
  }

  show(change: Partial<SessionView>): void {
    const { link, mesh, traffic, onView } = this.#ports
    this.#view = {
      ...this.#view,
      ...change,
      traffic: traffic.report(link.bytesSent.text),
      peers: mesh.connected.size,
    }
    onView(this.#view)
  }

  /** A ballot has left. */
  cast({ samples, slices, stepMs, loss }: CastNews): void {
    this.show({
      stepMs,
      batchLoss: loss,
      samples: this.#view.samples + samples,
      slicesCast: this.#view.slicesCast + slices,
    })
  }

  /** What became of a ballot, by slice; null: the attempt was void. */
  settled(counted: readonly boolean[] | null): void {
    const mine = counted?.filter(Boolean).length ?? 0
    const missed = counted !== null && mine === 0
    this.show({
      roundsCounted: this.#view.roundsCounted + (mine > 0 ? 1 : 0),
      roundsMissed: this.#view.roundsMissed + (missed ? 1 : 0),
      slicesCounted: this.#view.slicesCounted + mine,
    })
  }
}
