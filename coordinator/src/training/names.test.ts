import { expect, test } from 'vitest'
import { generateName } from './names.ts'

test('a name is two words of ours and the number, whatever the chance, so no two are alike', () => {
  const names = Array.from({ length: 512 }, (_, n) =>
    generateName((size) => Uint8Array.from({ length: size }, (_, k) => n >> k), n + 1),
  )
  expect(names.filter((name) => !/^[a-z]+ [a-z]+ \d+$/.test(name))).toEqual([])
  expect(new Set(names).size).toBe(names.length)
})
