import type { Program } from './compute.ts'
import { EXACT_SUM_WGSL } from './wgsl/exact-sum.ts'
import { SEGMENTS_WGSL } from './wgsl/segments.ts'
import { TILE, TILES_WGSL } from './wgsl/tiles.ts'

const LANES = TILE / 4

/** Where in the result what is measured begins; before it the flag and the loss. */
export const MEASURES = 2

/**
 * ssdm's momentum, a·g + b·m or, where m has not begun, g; and what its norms are made of: for
 * `tile` the largest |m| of each tile and Σ (m/largest)² as a sum and its rest, for `segment` the
 * largest |m| of each segment. All in bits.
 *
 * Storage: gradient [d + 1]; x [d]; m before [d]; 1 for each block that has begun; segments (end, unused);
 * m after [d]; the result, zeroed: flag ≠ 0 where something is not finite, loss, the measures.
 */
export function momentumProgram(measured: 'tile' | 'segment', block: number): Program {
  return {
    name: `momentum and norms by ${measured}`,
    storage: ['read', 'read', 'read', 'read', 'read', 'write', 'write'],
    code: /* wgsl */ `
${TILES_WGSL}
${EXACT_SUM_WGSL}
const LANES = ${LANES}u;
struct Parameters { d: u32, segments: u32, share: f32, decay: f32, a: f32, b: f32 }
@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> gradient: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> before: array<f32>;
@group(0) @binding(4) var<storage, read> begun: array<u32>;
@group(0) @binding(5) var<storage, read> segments: array<vec2<u32>>;
@group(0) @binding(6) var<storage, read_write> after: array<f32>;
@group(0) @binding(7) var<storage, read_write> result: array<atomic<u32>>;
var<workgroup> largest: atomic<u32>;
var<workgroup> squares: array<vec2<f32>, LANES>;

${SEGMENTS_WGSL}
@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = tileOf(group);
  let first = tile * TILE + 4u * lane;
  var values = vec4<f32>();
  var bad = false;
  for (var k = 0u; k < 4u && first + k < parameters.d; k++) {
    let i = first + k;
    let g = gradient[i];
    let direction = parameters.share * (bitcast<f32>(g) + parameters.decay * x[i]);
    let mixed = parameters.a * direction + parameters.b * before[i];
    let value = select(direction, mixed, begun[i / ${block}u] == 1u);
    let bits = bitcast<u32>(value);
    bad = bad || unbounded(g) || unbounded(bitcast<u32>(direction)) || unbounded(bits);
    after[i] = value;
    values[k] = value;
${measured === 'segment' ? MEASURE_SEGMENT : ''}
  }
  if (bad) { atomicStore(&result[0], 1u); }
  if (first == 0u) { atomicStore(&result[1], gradient[parameters.d]); }
${measured === 'tile' ? MEASURE_TILE : ''}
}
`,
  }
}

/** Sizes of finite floats are in the order of their bits. */
const MEASURE_SEGMENT = /* wgsl */ `
    let at = ${MEASURES}u + segmentOf(i);
    let size = bits & MAGNITUDE;
    if (size > atomicLoad(&result[at])) { atomicMax(&result[at], size); }`

const MEASURE_TILE = /* wgsl */ `
  let own = bitcast<vec4<u32>>(values) & vec4<u32>(MAGNITUDE);
  atomicMax(&largest, max(max(own.x, own.y), max(own.z, own.w)));
  workgroupBarrier();
  let scale = bitcast<f32>(atomicLoad(&largest));
  var sum = vec2<f32>();
  if (scale > 0.0) {
    for (var k = 0u; k < 4u; k++) {
      let part = values[k] / scale;
      sum = added(sum, vec2<f32>(part * part, 0.0));
    }
  }
  squares[lane] = sum;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { squares[lane] = added(squares[lane], squares[lane + half]); }
  }
  if (lane == 0u && first < parameters.d) {
    let at = ${MEASURES}u + 3u * tile;
    atomicStore(&result[at], atomicLoad(&largest));
    atomicStore(&result[at + 1u], bitcast<u32>(squares[0].x));
    atomicStore(&result[at + 2u], bitcast<u32>(squares[0].y));
  }`
