import type { Program } from './compute.ts'
import { TILES_WGSL } from './wgsl/tiles.ts'

/**
 * What is owed after a decided round: e ← clip(p − s·sent, ±most), with sent and most by block, sent 0
 * where the ballot was not counted.
 *
 * Storage: p [d]; the signs that were sent, in words; (sent, most) of each block; e [d].
 */
export const OWE: Program = {
  name: 'owe what was not sent',
  storage: ['read', 'read', 'read', 'write'],
  code: /* wgsl */ `
${TILES_WGSL}
struct Parameters { d: u32, block: u32 }
@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> p: array<f32>;
@group(0) @binding(2) var<storage, read> signs: array<u32>;
@group(0) @binding(3) var<storage, read> blocks: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> e: array<f32>;

@compute @workgroup_size(TILE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = tileOf(group) * TILE + lane;
  if (i >= parameters.d) { return; }
  let block = blocks[i / parameters.block];
  let plus = ((signs[i >> 5u] >> (i & 31u)) & 1u) == 1u;
  e[i] = clamp(p[i] - select(-block.x, block.x, plus), -block.y, block.y);
}
`,
}

/**
 * One of H local steps: g' = g + λ·point joins the sum, and point moves by −rate·g' unless it is
 * the last. The sum's entry d is the mean loss.
 *
 * Storage: gradient [d + 1], its loss at the end; point [d]; the sum [d + 1].
 */
export const LOCAL_STEP: Program = {
  name: 'local step',
  storage: ['read', 'write', 'write'],
  code: /* wgsl */ `
${TILES_WGSL}
struct Parameters { d: u32, isFirst: u32, isLast: u32, decay: f32, rate: f32, lossShare: f32 }
@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> point: array<f32>;
@group(0) @binding(3) var<storage, read_write> sum: array<f32>;

@compute @workgroup_size(TILE)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = tileOf(group) * TILE + lane;
  if (i > parameters.d) { return; }
  let before = select(sum[i], 0.0, parameters.isFirst == 1u);
  if (i == parameters.d) {
    sum[i] = before + parameters.lossShare * gradient[i];
    return;
  }
  let g = gradient[i] + parameters.decay * point[i];
  sum[i] = before + g;
  if (parameters.isLast == 0u) { point[i] -= parameters.rate * g; }
}
`,
}
