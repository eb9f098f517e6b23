/** Runs over a list with so many under way at once. The first failure ends it, once those under way have ended. */
export async function forEachOf<T>(
  list: readonly T[],
  atOnceMax: number,
  run: (one: T) => Promise<void>,
): Promise<void> {
  let next = 0
  let failed = false
  const worker = async (): Promise<void> => {
    while (next < list.length && !failed) {
      const one = list[next]!
      next += 1
      try {
        await run(one)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const workers = Array.from({ length: Math.min(atOnceMax, list.length) }, worker)
  const ended = await Promise.allSettled(workers)
  for (const one of ended) if (one.status === 'rejected') throw one.reason
}
