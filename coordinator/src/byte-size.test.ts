import { expect, test } from 'vitest'
import { bytesOf } from './byte-size.ts'

test.each([
  ['20GB', 20e9],
  ['1.5 TB', 1.5e12],
  ['500mb', 500e6],
  ['7B', 7],
])('%s is %d bytes', (text, bytes) => {
  expect(bytesOf(text)).toBe(bytes)
})

test.each(['20', '-1GB', '1,5GB', 'GB', '1e3GB', '20GiB', '', '9999999999GB'])(
  '"%s" is not a size',
  (text) => {
    expect(bytesOf(text)).toBeNull()
  },
)
