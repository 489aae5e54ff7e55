import { createSubscriber } from 'svelte/reactivity'

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1000)
  return () => clearInterval(timer)
})

/** The time of day in ms; what reads it in a component is computed anew every second. */
export function nowMs(): number {
  subscribe()
  return Date.now()
}
