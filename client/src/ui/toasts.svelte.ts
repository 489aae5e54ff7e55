import type { Tone } from './tone.ts'

export interface Toast {
  readonly id: number
  readonly tone: Tone
  readonly text: string
}

const MAX_TOASTS = 4
const STAYS_MS = 6000

let nextId = 0
let shown = $state.raw<readonly Toast[]>([])

/** Short messages at the bottom of the page; errors stay until they are closed. */
export const toasts = {
  get shown(): readonly Toast[] {
    return shown
  },
  say(text: string, tone: Tone = 'good'): void {
    const toast = { id: nextId++, tone, text }
    shown = [...shown, toast].slice(-MAX_TOASTS)
    if (tone !== 'bad') setTimeout(() => toasts.close(toast.id), STAYS_MS)
  },
  close(id: number): void {
    shown = shown.filter((toast) => toast.id !== id)
  },
}
