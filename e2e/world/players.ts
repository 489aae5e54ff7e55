/** The people of a scenario: they come, crash, come back, and lie if that is their part. */
import type { Generator } from '@quorate/shared/random/generator'
import type { Link } from '@quorate/client/session/ports'
import { changed } from './changed.ts'
import type { Counts } from './counts.ts'
import { liarOf } from './liars/liar-of.ts'
import { LocalClock } from './local-clock.ts'
import type { Person } from './scenario.ts'
import type { Weather } from './weather.ts'
import { underWeather } from './weather.ts'
import type { Witness } from './witness.ts'
import type { Tab, Volunteer, World } from './world.ts'

export interface PlayerPorts {
  readonly world: World
  readonly run: {
    readonly id: string
    readonly number: number
    readonly d: number
    readonly block: number
  }
  readonly witness: Witness
  readonly random: Generator
  readonly weather: () => Weather
  readonly struck: Counts
  readonly lies: Counts
}

/** One person, from page to page. */
export class Player {
  readonly place: number
  readonly person: Person
  readonly #ports: PlayerPorts
  #tab: Tab = { kept: null }
  #page: { readonly volunteer: Volunteer; readonly clock: LocalClock } | null = null
  /** Its numbers in the run, the last one last. */
  readonly numbers: number[] = []
  offline = false

  constructor(place: number, person: Person, ports: PlayerPorts) {
    this.place = place
    this.person = person
    this.#ports = ports
  }

  get honest(): boolean {
    return this.person.lie === null
  }
  get volunteer(): Volunteer | null {
    return this.#page?.volunteer ?? null
  }
  get clock(): LocalClock | null {
    return this.#page?.clock ?? null
  }

  /** Opens the page, unless it is open. `sameTab`: as who it was before. */
  open(sameTab: boolean): void {
    if (this.#page) return
    if (!sameTab) this.#tab = { kept: null }
    const { world, run, witness, random, lies } = this.#ports
    const { person, place } = this
    const clock = new LocalClock(world.clock, person.skew)
    const self = () => this.numbers.at(-1) ?? -1
    const liar = person.lie
      ? liarOf(person.lie, {
          ...{ random, clock, run },
          told: () => lies.add(person.lie ?? ''),
          overhears: (attempt) => witness.ballotOfAnother(attempt, place),
        })
      : {}
    const volunteer = world.join(run.id, {
      webrtc: person.webrtc,
      intensity: person.intensity,
      tab: this.#tab,
      clock,
      reaches: () => !this.offline,
      trainer: (trainer) => witness.overTrainer(liar.trainer?.(trainer) ?? trainer, place, self),
      link: (link) => {
        const seen = witness.overLink(through(link, clock), place, (number) => {
          if (number !== self()) this.numbers.push(number)
        })
        return liar.link?.(seen) ?? seen
      },
      mesh: (mesh) => {
        const { weather, struck } = this.#ports
        const stormy = underWeather(mesh, {
          ...{ clock: world.clock, random, weather },
          struck: (kind) => struck.add(kind),
        })
        const seen = changed(witness.overMesh(stormy, self), {
          listen: (listener) =>
            stormy.listen((from, frame) => clock.deliver(() => listener(from, frame))),
        })
        return liar.mesh?.(seen) ?? seen
      },
    })
    this.#page = { volunteer, clock }
  }

  /** The page dies without a word. */
  crash(): void {
    const page = this.#page
    if (!page) return
    page.clock.end()
    page.volunteer.link.vanish()
    page.volunteer.mesh.close()
    this.#closed(page.volunteer)
  }

  async leave(): Promise<void> {
    const page = this.#page
    if (!page) return
    page.clock.thaw()
    this.#closed(page.volunteer)
    await page.volunteer.session.stop()
  }

  #closed(volunteer: Volunteer): void {
    const { volunteers } = this.#ports.world
    volunteers.splice(volunteers.indexOf(volunteer), 1)
    this.#page = null
  }
}

/** What the link brings waits where the page stands still, and so does its knowing that it is up. */
function through(link: Link, clock: LocalClock): Link {
  /** How often it came up or went down, and of which of them the page knows. */
  let turns = 0
  let known = { turn: 0, isUp: false }
  const isUp = () => known.isUp && known.turn === turns
  return changed(link, {
    listen: (listener) =>
      link.listen((event) => {
        const isTurn = event.kind === 'open' || event.kind === 'down'
        if (isTurn) turns += 1
        const turn = turns
        clock.deliver(() => {
          if (isTurn) known = { turn, isUp: event.kind === 'open' }
          listener(event)
        })
      }),
    send: (message) => isUp() && link.send(message),
    sendFrame: (frame) => isUp() && link.sendFrame(frame),
  })
}
