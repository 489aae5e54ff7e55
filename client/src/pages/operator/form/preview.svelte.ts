import type { Preview } from '@quorate/shared/api/api'
import type { RunSettings } from '@quorate/shared/run/settings'
import { api, sentenceOf } from '../../../live/api.ts'

export type PreviewState =
  | { readonly kind: 'invalid' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'shown'; readonly preview: Preview }
  | { readonly kind: 'failed'; readonly detail: string }

const QUIET_MS = 350

/** The server's preview of settings, asked for once they have been left alone for a moment. */
export class PreviewOf {
  state = $state.raw<PreviewState>({ kind: 'pending' })
  #timer: ReturnType<typeof setTimeout> | undefined
  #asked = 0

  /** null: the settings are not valid yet. */
  show(settings: RunSettings | null): void {
    clearTimeout(this.#timer)
    const asked = ++this.#asked
    if (!settings) {
      this.state = { kind: 'invalid' }
      return
    }
    this.#timer = setTimeout(() => void this.#ask(settings, asked), QUIET_MS)
  }

  async #ask(settings: RunSettings, asked: number): Promise<void> {
    let state: PreviewState
    try {
      state = { kind: 'shown', preview: await api.preview(settings) }
    } catch (error) {
      state = { kind: 'failed', detail: sentenceOf(error) }
    }
    if (asked === this.#asked) this.state = state
  }
}
