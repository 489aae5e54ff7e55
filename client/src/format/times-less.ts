/** How many times smaller than `thanBytes` a size is, in words; null where nobody would see it. */
export function timesLess(sizeBytes: number, thanBytes: number): string | null {
  const times = thanBytes / sizeBytes
  return Number.isFinite(times) && times >= 1.05 ? times.toFixed(1) : null
}
