import { describe, expect, it } from 'vitest'
import { normaliseDigit, SIDE } from './normalise.ts'

/** A drawing of `side` with one filled rectangle. */
function rectangle(side: number, box: { x: number; y: number; w: number; h: number }) {
  const ink = new Float32Array(side * side)
  for (let y = box.y; y < box.y + box.h; y++)
    ink.fill(1, y * side + box.x, y * side + box.x + box.w)
  return ink
}

function extent(image: Float32Array) {
  const at = [...image.keys()].filter((index) => (image[index] ?? 0) > 1e-6)
  const xs = at.map((index) => index % SIDE)
  const ys = at.map((index) => Math.floor(index / SIDE))
  return [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
}

function centre(image: Float32Array) {
  let [mass, x, y] = [0, 0, 0]
  image.forEach((value, index) => {
    mass += value
    x += value * ((index % SIDE) + 0.5)
    y += value * (Math.floor(index / SIDE) + 0.5)
  })
  return [x / mass, y / mass]
}

describe('the normalised digit', () => {
  it('is nothing for an empty drawing', () => {
    expect(normaliseDigit(new Float32Array(100), 10)).toBeNull()
  })

  it('fits 20 × 20 in the middle, wherever and however large it was drawn', () => {
    for (const box of [
      { x: 0, y: 0, w: 100, h: 100 },
      { x: 200, y: 150, w: 40, h: 40 },
    ]) {
      const image = normaliseDigit(rectangle(280, box), 280)
      expect(image && extent(image)).toEqual([4, 23, 4, 23])
      expect(image?.every((value) => value < 1e-6 || Math.abs(value - 1) < 1e-6)).toBe(true)
    }
  })

  it('keeps the shape: half as wide stays half as wide', () => {
    const image = normaliseDigit(rectangle(280, { x: 10, y: 20, w: 100, h: 200 }), 280)
    expect(image && extent(image)).toEqual([9, 18, 4, 23])
  })

  it('puts the centre of mass, not of the box, in the middle', () => {
    const ink = rectangle(280, { x: 40, y: 40, w: 20, h: 160 })
    rectangle(280, { x: 40, y: 180, w: 100, h: 20 }).forEach((value, index) => {
      ink[index] = Math.max(ink[index] ?? 0, value)
    })
    const [x, y] = centre(normaliseDigit(ink, 280) ?? new Float32Array(SIDE * SIDE))
    expect(x).toBeCloseTo(14, 1)
    expect(y).toBeCloseTo(14, 1)
  })

  it('keeps the ink within 0..1', () => {
    const ink = Float32Array.from({ length: 64 * 64 }, (_, index) => ((index * 7919) % 101) / 100)
    const image = normaliseDigit(ink, 64) ?? new Float32Array()
    expect(Math.min(...image)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...image)).toBeLessThanOrEqual(1 + 1e-6)
  })
})
