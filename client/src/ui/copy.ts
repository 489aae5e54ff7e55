import { common } from '../words/en/common.ts'
import { toasts } from './toasts.svelte.ts'

/** Copies `text` and says whether it went; plain HTTP pages have no clipboard. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toasts.say(common.copied)
  } catch {
    toasts.say(`${common.copyFailed} ${text}`, 'bad')
  }
}
