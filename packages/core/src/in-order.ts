/** What is worked on ahead of its turn. */
export interface AheadOptions<T> {
  /** As much as is under way at once; one that is heavier than this runs alone. */
  readonly weightMax: number
  weightOf(one: T): number
}

/**
 * Runs over what comes one by one, several under way, and gives the results in order. Nothing is under way any more when
 * it ends, however it ends.
 */
export async function* inOrder<T, U>(
  list: AsyncIterable<T>,
  { weightMax, weightOf }: AheadOptions<T>,
  run: (one: T) => Promise<U>,
): AsyncGenerator<U> {
  const underWay: { readonly result: Promise<U>; readonly weight: number }[] = []
  let weight = 0
  const next = (): Promise<U> => {
    const first = underWay.shift()!
    weight -= first.weight
    return first.result
  }
  try {
    for await (const one of list) {
      const added = weightOf(one)
      while (underWay.length > 0 && weight + added > weightMax) yield await next()
      const result = run(one)
      // A failure is told when its turn comes.
      result.catch(() => undefined)
      underWay.push({ result, weight: added })
      weight += added
    }
    while (underWay.length > 0) yield await next()
  } finally {
    await Promise.allSettled(underWay.map(({ result }) => result))
  }
}
