// How much of an id a person has to see. Ids begin with the time, so those of one evening share their first
// characters.

const CHARACTERS_MIN = 13

/** For each of `shown` its shortest prefix, whole groups apart, that no other of `known` begins with. */
export function shortIds(
  shown: readonly string[],
  known: readonly string[] = [],
): ReadonlyMap<string, string> {
  const all = [...new Set([...shown, ...known])].sort()
  const short = new Map<string, string>()
  all.forEach((id, index) => {
    const shared = Math.max(
      sharedLength(id, all[index - 1] ?? ''),
      sharedLength(id, all[index + 1] ?? ''),
    )
    let length = Math.max(CHARACTERS_MIN, shared + 1)
    // A prefix that ends with a hyphen looks torn off.
    if (id[length - 1] === '-') length += 1
    short.set(id, id.slice(0, length))
  })
  return new Map(shown.map((id) => [id, short.get(id)!]))
}

function sharedLength(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length += 1
  return length
}
