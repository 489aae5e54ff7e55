import { api, ApiError, sentenceOf, type Credentials } from '../../live/api.ts'
import { toasts } from '../../ui/toasts.svelte.ts'

export type SignIn =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'out'; readonly hasPassword: boolean }
  | { readonly kind: 'in'; readonly hasPassword: boolean; readonly version: string }

/** Who the server takes this browser for. */
export class OperatorSignIn {
  state = $state.raw<SignIn>({ kind: 'unknown' })

  async look(): Promise<void> {
    try {
      this.#take(await api.session())
    } catch (error) {
      this.state = { kind: 'unreachable', detail: sentenceOf(error) }
    }
  }

  /** Rejects with an ApiError when the server refuses. */
  async signIn(credentials: Credentials): Promise<void> {
    this.#take(await api.signIn(credentials))
  }

  async signOut(): Promise<void> {
    await api.signOut()
    await this.look()
  }

  /** Does something that only an operator may. What goes wrong is said; then it gives null. */
  async attempt<T>(action: () => Promise<T>): Promise<T | null> {
    try {
      return await action()
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) await this.look()
      toasts.say(sentenceOf(error), 'bad')
      return null
    }
  }

  #take(answer: { operator: boolean; hasPassword: boolean; version: string }): void {
    const { hasPassword, version } = answer
    this.state = answer.operator
      ? { kind: 'in', hasPassword, version }
      : { kind: 'out', hasPassword }
  }
}
