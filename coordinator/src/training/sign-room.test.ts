import { expect, it } from 'vitest'
import { SignRoom } from './sign-room.ts'

it('room is used again by whoever needs as much, and is never two callers’ at once', () => {
  const room = new SignRoom()
  const [a, b] = [room.take(3), room.take(3)]
  expect(a).not.toBe(b)
  room.giveBack(a)
  expect(room.take(4)).toHaveLength(4)
  expect(room.take(3)).toBe(a)
  expect(room.take(3)).not.toBe(a)
})

it('keeps no more than a bound, the latest', () => {
  const room = new SignRoom()
  const many = Array.from({ length: 200 }, () => room.take(1))
  for (const one of many) room.giveBack(one)
  const again = Array.from({ length: 200 }, () => room.take(1))
  expect(again.filter((one) => many.includes(one))).toHaveLength(128)
})
