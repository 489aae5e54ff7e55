import type { RunView } from '@quorate/shared/api/api'
import { expect, test } from 'vitest'
import { namesakes } from './namesakes.ts'

const named = (id: string, name: string) => ({ id, settings: { name } }) as RunView

test('every run whose name another one has is a namesake, the first one too', () => {
  const runs = [named('a', 'Digits'), named('b', 'Letters'), named('c', 'Digits')]
  expect([...namesakes(runs)]).toEqual(['a', 'c'])
})
