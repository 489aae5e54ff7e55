import { float32Bits } from '@quorate/shared/bytes/float32'
import { stepsInto } from '@quorate/shared/methods/apply'
import { gridValue } from '@quorate/shared/methods/grid'
import type { Verdict } from '@quorate/shared/methods/method'
import type { Slice } from '@quorate/shared/tally/slices'
import type { Program } from './compute.ts'
import { SEGMENTS_WGSL } from './wgsl/segments.ts'
import { SUBTRACT_WGSL } from './wgsl/subtract.ts'
import { TILES_WGSL } from './wgsl/tiles.ts'

/** In place of a step's bits, which are finite: this segment stays as it is. */
const STAYS = 0xffffffff

/**
 * x_i ← fround(x_i − δ_i): δ_i is ±the step of i's segment, or the i-th of d floats.
 *
 * Storage: x [d] as bits; (end, bits of the step) of each segment, ascending, the last ends at d;
 * the signs in words, or δ [d].
 */
export const APPLY: Program = {
  name: 'apply a verdict',
  storage: ['write', 'read', 'read'],
  code: /* wgsl */ `
${TILES_WGSL}
${SUBTRACT_WGSL}
struct Parameters { d: u32, segments: u32, dense: u32 }
@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read_write> x: array<u32>;
@group(0) @binding(2) var<storage, read> segments: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> steps: array<u32>;

${SEGMENTS_WGSL}
@compute @workgroup_size(TILE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = tileOf(group) * TILE + lane;
  if (i >= parameters.d) { return; }
  var step = segments[segmentOf(i)].y;
  if (step == ${STAYS}u) { return; }
  if (parameters.dense == 1u) { step = steps[i]; }
  else if (((steps[i >> 5u] >> (i & 31u)) & 1u) == 0u) { step ^= SIGN; }
  x[i] = subtract(x[i], step);
}
`,
}

/** A verdict as the program takes it. */
export interface Steps {
  /** Pairs of an end and the bits of a step. */
  readonly segments: Uint32Array
  /** Packed signs, or d floats. */
  readonly steps: { readonly kind: 'signs' | 'dense'; readonly words: Uint32Array | Float32Array }
}

/**
 * What moves the parameters: signs stay packed; sums, sparse and dense steps are looked up here.
 * `slices` cover 0..d in order.
 */
export function stepsOf(
  verdict: Exclude<Verdict, { kind: 'none' }>,
  slices: readonly Slice[],
  block: number,
): Steps {
  const segments = new Segments()
  const signed = 'signs' in verdict
  for (const slice of slices) {
    if (!verdict.valid[slice.index]) segments.add(slice.end, STAYS)
    else if (!signed) segments.add(slice.end, 0)
    else addSteps(segments, verdict, { slice, block })
  }
  if (signed) return { segments: segments.pairs, steps: { kind: 'signs', words: verdict.signs } }
  const words = new Float32Array(slices.at(-1)?.end ?? 0)
  stepsInto(words, verdict, slices, block)
  return { segments: segments.pairs, steps: { kind: 'dense', words } }
}

/** The segments of one slice. */
function addSteps(
  segments: Segments,
  verdict: Extract<Verdict, { kind: 'signs' | 'signed' | 'scaled' }>,
  { slice: { start, end }, block }: { readonly slice: Slice; readonly block: number },
): void {
  switch (verdict.kind) {
    case 'signs':
      return segments.add(end, float32Bits(verdict.step))
    case 'signed':
      verdict.ends.forEach((rangeEnd, k) => {
        const from = verdict.ends[k - 1] ?? 0
        if (rangeEnd <= start || from >= end) return
        segments.add(Math.min(rangeEnd, end), float32Bits(verdict.steps[k] ?? NaN))
      })
      return
    case 'scaled':
      for (let b = start / block; b * block < end; b++) {
        const step = float32Bits(gridValue(verdict.steps[b] ?? 0))
        segments.add(Math.min((b + 1) * block, end), step)
      }
  }
}

/** Segments in ascending order; neighbours of the same step become one. */
class Segments {
  readonly #pairs: number[] = []

  add(end: number, step: number): void {
    if (this.#pairs.at(-1) === step) this.#pairs[this.#pairs.length - 2] = end
    else this.#pairs.push(end, step)
  }

  get pairs(): Uint32Array {
    return Uint32Array.from(this.#pairs)
  }
}
