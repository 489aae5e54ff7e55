const UNITS = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 } as const

/** Bytes of a text like `20GB`, `1.5 TB` or `500mb`, powers of ten; null for anything else. */
export function bytesOf(text: string): number | null {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)\s*(B|KB|MB|GB|TB)$/i.exec(text.trim())
  if (!match) return null
  const unit = UNITS[match[2]?.toUpperCase() as keyof typeof UNITS]
  return Math.round(Number(match[1]) * unit)
}
