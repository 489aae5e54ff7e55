/** The address bar, as far as one page's own paths go. */
class Route {
  path = $state(location.pathname)

  constructor() {
    addEventListener('popstate', () => (this.path = location.pathname))
  }

  go(path: string): void {
    history.pushState(null, '', path)
    this.path = location.pathname
    scrollTo({ top: 0 })
  }

  replace(path: string): void {
    history.replaceState(null, '', path)
    this.path = location.pathname
  }

  /** For links within the page: goes there without a reload, unless another tab is asked for. */
  readonly follow = (event: MouseEvent): void => {
    const link = (event.target as Element | null)?.closest('a')
    if (!link || link.target || link.hasAttribute('download')) return
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    this.go(link.pathname)
  }
}

let route: Route | undefined

export function currentRoute(): Route {
  return (route ??= new Route())
}
