// Sizes and times as people read them. Programs get bytes and ISO times from --json.

const sizes = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

export function sizeText(bytes: number): string {
  let value = bytes
  let unit = 0
  // 1023.95 would be rounded to 1024.0, which is one of the next unit.
  while (unit < sizes.length - 1 && value >= (unit === 0 ? 1024 : 1023.95)) {
    value /= 1024
    unit += 1
  }
  return unit === 0 ? `${value} B` : `${value.toFixed(1)} ${sizes[unit]}`
}

const spans = [
  { name: 'year', seconds: 365 * 86_400 },
  { name: 'month', seconds: 30 * 86_400 },
  { name: 'week', seconds: 7 * 86_400 },
  { name: 'day', seconds: 86_400 },
  { name: 'hour', seconds: 3_600 },
  { name: 'minute', seconds: 60 },
] as const

/** `3 hours ago`, `in 2 days`, `just now`; what cannot be read as a time is given back as it is. */
export function relativeTime(isoTime: string, nowMs: number): string {
  const atMs = Date.parse(isoTime)
  if (!Number.isFinite(atMs)) return isoTime
  const seconds = Math.abs(nowMs - atMs) / 1000
  const span = spans.find((candidate) => seconds >= candidate.seconds)
  if (!span) return 'just now'
  const text = countText(Math.floor(seconds / span.seconds), span.name)
  return atMs > nowMs ? `in ${text}` : `${text} ago`
}

/** `1 file`, `2 files`. */
export const countText = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : 's'}`
