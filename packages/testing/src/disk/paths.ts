import path from 'node:path'

/** Nearly all places are asked for again and again. */
const known = new Map<string, readonly string[]>()
const KNOWN_MAX = 10_000

/** Names from the root to the place; relative paths begin at the root too. */
export function partsOf(place: string): readonly string[] {
  const found = known.get(place)
  if (found) return found
  const parts = path.posix
    .normalize(`/${place}`)
    .split('/')
    .filter((part) => part !== '')
  if (known.size >= KNOWN_MAX) known.clear()
  known.set(place, parts)
  return parts
}
