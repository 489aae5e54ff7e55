/**
 * Which segment coordinate i lies in: the first that ends after it. For programs with a binding
 * `segments` of (end, value) and `parameters.segments` of them.
 */
export const SEGMENTS_WGSL = /* wgsl */ `
fn segmentOf(i: u32) -> u32 {
  var low = 0u;
  var high = parameters.segments - 1u;
  while (low < high) {
    let middle = (low + high) / 2u;
    if (i < segments[middle].x) { high = middle; } else { low = middle + 1u; }
  }
  return low;
}
`
