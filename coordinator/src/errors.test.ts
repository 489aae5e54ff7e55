import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { ERRORS } from './errors.ts'

test('docs/errors.md explains every code, and no other', async () => {
  const text = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  const explained = [...text.matchAll(/^\| ([A-Z_]+) +\|/gm)].map(([, code]) => code)
  expect(explained.sort()).toEqual(Object.keys(ERRORS).sort())
})
