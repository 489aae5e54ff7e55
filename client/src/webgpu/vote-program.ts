import type { Program } from './compute.ts'
import { EXACT_SUM_WGSL } from './wgsl/exact-sum.ts'
import { PHILOX_WGSL } from './wgsl/philox.ts'
import { SEGMENTS_WGSL } from './wgsl/segments.ts'
import { TILE, TILES_WGSL } from './wgsl/tiles.ts'

/** What a method signs, as WGSL: `direction` is the method's g_i, `parameters.a` and `.b` its own. */
export type VoteKind =
  /** g */
  | 'direction'
  /** a·g + b·state, which becomes the state: momentum, and with block sums error feedback. */
  | 'mixed'
  /** g + a·ξ, ξ standard normal. */
  | 'gaussian'
  /** g + a·ξ, ξ uniform on [−1, 1). */
  | 'uniform'
  /** +1 where u < clip(½ + g/(2a), 0, 1). */
  | 'bounded'
  /** +1 where u < ½ + ½·g/length of g's segment. */
  | 'relative'

/** How zeros are signed: `parameters.zeros`. */
export const ZEROS = { minus: 0, plus: 1, coin: 2 } as const

/** Where in the result the flag, the loss and the first word of signs are. */
export const RESULT = { flag: 0, loss: 1, signs: 2 } as const

/**
 * Threads take four neighbours each: as many as a block of Philox has words. A chance is the upper
 * 24 bits of a word less 2²³, so that u < ½ + ½r where chance < 2²³·r, and nothing is rounded.
 */
const LANES = TILE / 4

const NO_CHANCE = `return vec4<f32>();`
const CHANCE = `return vec4<f32>(draw(first) >> vec4<u32>(8u)) - HALF;`
/** Source: Box & Muller 1958; angles are taken less π, as a device promises cosines within ±π. */
const NORMALS = `
  let word = vec4<f32>(draw(first));
  let radius = sqrt(-2.0 * log((word.xz + 1.0) * exp2(-32.0)));
  let angle = 6.283185307179586 * (word.yw * exp2(-32.0) - 0.5);
  let cosine = -radius * cos(angle);
  let sine = -radius * sin(angle);
  return vec4<f32>(cosine.x, sine.x, cosine.y, sine.y);`

/** How four chances are made, and what is signed at i. */
const KINDS: Readonly<Record<VoteKind, { readonly chance: string; readonly voted: string }>> = {
  direction: { chance: NO_CHANCE, voted: `return direction;` },
  mixed: {
    chance: NO_CHANCE,
    voted: `
  let mixed = parameters.a * direction + parameters.b * before[i];
  after[i] = mixed;
  return mixed;`,
  },
  gaussian: { chance: NORMALS, voted: `return direction + parameters.a * chance;` },
  uniform: { chance: CHANCE, voted: `return direction + parameters.a * (chance / HALF);` },
  bounded: {
    chance: CHANCE,
    voted: `return HALF * clamp(direction / parameters.a, -1.0, 1.0) - chance;`,
  },
  relative: {
    chance: CHANCE,
    voted: `
  let length = bitcast<f32>(segments[segmentOf(i)].y);
  return HALF * select(0.0, direction / length, length > 0.0) - chance;`,
  },
}

/**
 * Signs of a contributor's vector, packed, and for each block of `block` coordinates the sums of
 * |values| and of |directions|: with sums one pass does all that EF-Vote needs before its weights.
 *
 * Storage: gradient [d + 1], its loss at the end; x [d]; the state before [d]; segments (end, bits
 * of a length); the state after [d]; the result: flag ≠ 0 where something is not finite, loss, ⌈d/32⌉
 * words, (sum, rest) of the values of each block, and then of its directions.
 */
export function voteProgram(kind: VoteKind, sums: { readonly block: number } | null): Program {
  return {
    name: `vote: ${kind}`,
    storage: ['read', 'read', 'read', 'read', 'write', 'write'],
    code: /* wgsl */ `
${TILES_WGSL}
${PHILOX_WGSL}
${EXACT_SUM_WGSL}
const HALF = 8388608.0; // 2²³
const LANES = ${LANES}u;
struct Parameters {
  d: u32, seed: u32, round: u32, contributor: u32,
  domain: u32, coins: u32, zeros: u32, segments: u32,
  share: f32, decay: f32, a: f32, b: f32,
}
@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> gradient: array<u32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> before: array<f32>;
@group(0) @binding(4) var<storage, read> segments: array<vec2<u32>>;
@group(0) @binding(5) var<storage, read_write> after: array<f32>;
@group(0) @binding(6) var<storage, read_write> result: array<atomic<u32>>;
var<workgroup> positive: array<atomic<u32>, ${TILE / 32}>;
var<workgroup> zero: array<atomic<u32>, ${TILE / 32}>;
var<workgroup> sizes: array<vec2<f32>, LANES>;
var<workgroup> directions: array<vec2<f32>, LANES>;

/** Four words of a stream of this contributor's round (shared/random/streams.ts). */
fn stream(domain: u32, block: u32) -> vec4<u32> {
  let counter = vec4<u32>(block, parameters.round, parameters.contributor, 0u);
  return philox(counter, vec2<u32>(parameters.seed, domain));
}

fn draw(first: u32) -> vec4<u32> {
  return stream(parameters.domain, first / 4u);
}

${SEGMENTS_WGSL}
/** The chances of the coordinates first..first + 3; first is a multiple of 4. */
fn chances(first: u32) -> vec4<f32> {
${KINDS[kind].chance}
}

fn voted(i: u32, direction: f32, chance: f32) -> f32 {
${KINDS[kind].voted}
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = tileOf(group);
  let first = tile * TILE + 4u * lane;
  let chance = chances(first);
  var size = vec2<f32>();
  var length = vec2<f32>();
  var bad = false;
  var plus = 0u;
  var none = 0u;
  for (var k = 0u; k < 4u && first + k < parameters.d; k++) {
    let i = first + k;
    let g = gradient[i];
    let direction = parameters.share * (bitcast<f32>(g) + parameters.decay * x[i]);
    let value = voted(i, direction, chance[k]);
    let bits = bitcast<u32>(value);
    bad = bad || unbounded(g) || unbounded(bitcast<u32>(direction)) || unbounded(bits);
    if ((bits & MAGNITUDE) == 0u) { none |= 1u << k; }
    else if (bits < SIGN) { plus |= 1u << k; }
    size = added(size, vec2<f32>(abs(value), 0.0));
    length = added(length, vec2<f32>(abs(direction), 0.0));
  }
  if (bad) { atomicStore(&result[${RESULT.flag}], 1u); }
  let word = lane / 8u;
  let shift = (4u * lane) & 31u;
  atomicOr(&positive[word], plus << shift);
  atomicOr(&zero[word], none << shift);
  workgroupBarrier();
  writeSigns(tile, lane);
${sums ? sumBlocks(sums.block) : ''}
}

/** One word a lane, by the first lanes. */
fn writeSigns(tile: u32, lane: u32) {
  let word = tile * (TILE / 32u) + lane;
  if (lane >= TILE / 32u || 32u * word >= parameters.d) { return; }
  let zeros = atomicLoad(&zero[lane]);
  var signed = 0u;
  if (parameters.zeros == ${ZEROS.plus}u) { signed = zeros; }
  if (parameters.zeros == ${ZEROS.coin}u && zeros != 0u) {
    signed = zeros & stream(parameters.coins, word / 4u)[word % 4u];
  }
  atomicStore(&result[${RESULT.signs}u + word], atomicLoad(&positive[lane]) | signed);
  if (tile == 0u && lane == 0u) { atomicStore(&result[${RESULT.loss}], gradient[parameters.d]); }
}
`,
  }
}

/** Adds up the lanes of each block, by halves. */
function sumBlocks(block: number): string {
  const lanes = block / 4
  return /* wgsl */ `
  sizes[lane] = size;
  directions[lane] = length;
  let place = lane % ${lanes}u;
  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (place < half) {
      sizes[lane] = added(sizes[lane], sizes[lane + half]);
      directions[lane] = added(directions[lane], directions[lane + half]);
    }
  }
  if (place == 0u && first < parameters.d) {
    let at = ${RESULT.signs}u + (parameters.d + 31u) / 32u + 4u * (first / ${block}u);
    atomicStore(&result[at], bitcast<u32>(sizes[lane].x));
    atomicStore(&result[at + 1u], bitcast<u32>(sizes[lane].y));
    atomicStore(&result[at + 2u], bitcast<u32>(directions[lane].x));
    atomicStore(&result[at + 3u], bitcast<u32>(directions[lane].y));
  }`
}
