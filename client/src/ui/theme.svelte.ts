export type Theme = 'system' | 'light' | 'dark'

const KEY = 'quorate-theme'

/** The theme chosen by hand, kept in this browser; public/theme.js applies it before the first paint. */
class ThemeChoice {
  chosen = $state<Theme>('system')
  #systemDark = $state(false)

  constructor() {
    const set = document.documentElement.dataset['theme']
    if (set === 'light' || set === 'dark') this.chosen = set
    const query = matchMedia('(prefers-color-scheme: dark)')
    this.#systemDark = query.matches
    query.addEventListener('change', (event) => (this.#systemDark = event.matches))
  }

  get dark(): boolean {
    return this.chosen === 'system' ? this.#systemDark : this.chosen === 'dark'
  }

  choose(theme: Theme): void {
    this.chosen = theme
    if (theme === 'system') delete document.documentElement.dataset['theme']
    else document.documentElement.dataset['theme'] = theme
    try {
      if (theme === 'system') localStorage.removeItem(KEY)
      else localStorage.setItem(KEY, theme)
    } catch {
      // Storage is blocked: the choice lasts as long as the page.
    }
  }
}

let choice: ThemeChoice | undefined

export function theme(): ThemeChoice {
  return (choice ??= new ThemeChoice())
}
