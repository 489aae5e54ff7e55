import { expect, it } from 'vitest'
import { markTimeline } from './timeline.ts'

it('marks are heard by who observes, and none is kept', async () => {
  const heard: PerformanceMark[] = []
  const observer = new PerformanceObserver((list) => {
    heard.push(...(list.getEntriesByType('mark') as PerformanceMark[]))
  })
  observer.observe({ entryTypes: ['mark'] })
  for (let round = 0; round < 3; round++) markTimeline('opened', round)
  await expect.poll(() => heard.length).toBe(3)
  observer.disconnect()
  expect(heard.map(({ name, detail }) => ({ name, detail }))).toEqual(
    [0, 1, 2].map((round) => ({ name: 'quorate:opened', detail: { round } })),
  )
  expect(performance.getEntriesByType('mark')).toEqual([])
})
