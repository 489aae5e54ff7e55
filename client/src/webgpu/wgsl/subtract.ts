/**
 * The step of a replica by integers alone: the bits of fround(a − b) for finite a and b, rounded
 * to nearest even, where −0 and what is below 2⁻¹²⁶ in size are +0. WGSL leaves the direction of
 * rounding, subnormals and fused products to the device; integers it does not.
 *
 * Needs wgsl/tiles.ts. Source: METHODS.md, edge rules; IEEE 754-2019, section 4.3.
 */
export const SUBTRACT_WGSL = /* wgsl */ `
/** 24 bits; without the leading one in a subnormal. */
fn significand(bits: u32) -> u32 {
  let fraction = bits & 0x7fffffu;
  return select(fraction, fraction | 0x800000u, (bits & INFINITE) != 0u);
}

/** 1..254; a subnormal's is 1. */
fn exponentOf(bits: u32) -> u32 {
  return max((bits >> 23u) & 0xffu, 1u);
}

fn subtract(a: u32, b: u32) -> u32 {
  let c = b ^ SIGN; // a − b = a + c
  let swapped = (c & MAGNITUDE) > (a & MAGNITUDE);
  let large = select(a, c, swapped);
  let small = select(c, a, swapped);
  if (unbounded(large)) { return large; }

  // Three more bits: two that may be rounded away, and one for all below them.
  let exponent = exponentOf(large);
  let shift = min(exponent - exponentOf(small), 31u);
  let shifted = significand(small) << 3u;
  let rest = select(0u, 1u, (shifted & ((1u << shift) - 1u)) != 0u);
  let addend = (shifted >> shift) | rest;
  let base = significand(large) << 3u;
  var sum = select(base - addend, base + addend, ((large ^ small) & SIGN) == 0u);
  if (sum == 0u) { return 0u; }

  // The leading one to bit 26.
  let leading = firstLeadingBit(sum);
  let scale = i32(exponent) + i32(leading) - 26;
  if (scale < 1) { return 0u; } // exact, and below 2⁻¹²⁶
  if (leading > 26u) { sum = (sum >> 1u) | (sum & 1u); }
  else { sum = sum << (26u - leading); }

  let kept = sum >> 3u;
  let beyond = sum & 7u;
  let up = select(0u, 1u, beyond > 4u || (beyond == 4u && (kept & 1u) == 1u));
  let sign = large & SIGN;
  if (scale > 254) { return sign | INFINITE; }
  return sign | ((u32(scale - 1) << 23u) + kept + up);
}
`
