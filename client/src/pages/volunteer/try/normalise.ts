/** Side of MNIST's images, and of the box that a digit fills in them. */
export const SIDE = 28
const BOX = 20

/**
 * A drawing as MNIST's makers treated theirs: scaled so that it fits 20 × 20, its centre of mass
 * in the middle of 28 × 28. `ink` is row-major, `side` × `side`, 0 (paper) to 1; null when empty.
 *
 * Source: LeCun et al. 1998, section III-A; http://yann.lecun.com/exdb/mnist
 */
export function normaliseDigit(ink: Float32Array, side: number): Float32Array | null {
  const extent = extentOf(ink, side)
  if (!extent) return null
  const { left, right, top, bottom, centreX, centreY } = extent
  const step = Math.max(right - left, bottom - top) / BOX
  const image = new Float32Array(SIDE * SIDE)
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const fromX = centreX + (x - SIDE / 2) * step
      const fromY = centreY + (y - SIDE / 2) * step
      image[y * SIDE + x] = meanOver(ink, side, { fromX, fromY, step })
    }
  }
  return image
}

interface Extent {
  /** Pixel borders, right and bottom exclusive. */
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly centreX: number
  readonly centreY: number
}

function extentOf(ink: Float32Array, side: number): Extent | null {
  let [left, right, top, bottom] = [side, 0, side, 0]
  let [mass, momentX, momentY] = [0, 0, 0]
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const value = ink[y * side + x] ?? 0
      if (value <= 0) continue
      left = Math.min(left, x)
      right = Math.max(right, x + 1)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y + 1)
      mass += value
      momentX += value * (x + 0.5)
      momentY += value * (y + 0.5)
    }
  }
  if (mass === 0) return null
  return { left, right, top, bottom, centreX: momentX / mass, centreY: momentY / mass }
}

/** Mean ink over the square of side `step` at (fromX, fromY); beyond the drawing there is paper. */
function meanOver(
  ink: Float32Array,
  side: number,
  { fromX, fromY, step }: { fromX: number; fromY: number; step: number },
): number {
  const [toX, toY] = [fromX + step, fromY + step]
  let sum = 0
  for (let y = Math.max(0, Math.floor(fromY)); y < Math.min(side, Math.ceil(toY)); y++) {
    const height = Math.min(y + 1, toY) - Math.max(y, fromY)
    for (let x = Math.max(0, Math.floor(fromX)); x < Math.min(side, Math.ceil(toX)); x++) {
      const width = Math.min(x + 1, toX) - Math.max(x, fromX)
      sum += (ink[y * side + x] ?? 0) * width * height
    }
  }
  return sum / (step * step)
}
