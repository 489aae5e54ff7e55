/** `inner` with the members of `changes` in place of its own; all else is asked of `inner`. */
export function changed<T extends object>(inner: T, changes: Partial<T>): T {
  return new Proxy(inner, {
    get(target, key) {
      if (key in changes) return Reflect.get(changes, key) as unknown
      const value = Reflect.get(target, key, target) as unknown
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}
