/**
 * Sums of floats as a rounded sum and what rounding left out of it; where a compiler takes the
 * liberty to simplify that away, a sum in pairs remains.
 *
 * Source: Knuth, The Art of Computer Programming, volume 2, section 4.2.2, theorem B.
 */
export const EXACT_SUM_WGSL = /* wgsl */ `
fn added(a: vec2<f32>, b: vec2<f32>) -> vec2<f32> {
  let sum = a.x + b.x;
  let part = sum - a.x;
  let left = (a.x - (sum - part)) + (b.x - part);
  return vec2<f32>(sum, a.y + b.y + left);
}
`
