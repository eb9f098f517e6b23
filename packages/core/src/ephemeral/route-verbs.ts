// Puts the verbs of the table in front of those of a store: each asks which half has the thread, and calls that.

import type { ThreadStore } from '../thread-store.js'
import { byThread, byThreads } from './routes.js'

interface Halved {
  halfOf(threadId: unknown): ThreadStore | undefined
  status(threadId: string): Promise<{ readonly state: string }>
}

type Verbs = Record<string, ((...args: unknown[]) => unknown) | undefined>

export function routeVerbs(routed: Halved, plain: ThreadStore): void {
  const base = plain as unknown as Verbs
  const own = routed as unknown as Verbs
  for (const verb of byThread) if (base[verb]) own[verb] = toOneHalf(verb, base[verb])
  for (const verb of byThreads) if (base[verb]) own[verb] = toBothHalves(verb, base[verb])
}

function toOneHalf(verb: string, base: (...args: unknown[]) => unknown) {
  return function (this: Halved, id: unknown, ...rest: unknown[]): unknown {
    const half = this.halfOf(id) as unknown as Verbs | undefined
    return half ? half[verb]!(id, ...rest) : base.call(this, id, ...rest)
  }
}

/** An id that is unknown or dead is refused before anything happens in either half. */
function toBothHalves(verb: string, base: (...args: unknown[]) => unknown) {
  return async function (this: Halved, ids: unknown, ...rest: unknown[]): Promise<unknown> {
    const given: readonly unknown[] = Array.isArray(ids) ? ids : []
    const inside = given.filter((id) => this.halfOf(id))
    const half = this.halfOf(inside[0]) as unknown as Verbs | undefined
    if (!half) return base.call(this, ids, ...rest)
    const outside = given.filter((id) => !inside.includes(id))
    const inMemory = async () => (await half[verb]!(inside, ...rest)) as unknown[]
    if (outside.length === 0) return inMemory()
    const isDead = async (id: unknown) =>
      ['erasing', 'deleted'].includes((await this.status(id as string)).state)
    const dead = await Promise.all(given.map(isDead))
    const refused = inside.some((id) => dead[given.indexOf(id)]) ? await inMemory() : undefined
    const onDisk = (await base.call(this, outside, ...rest)) as unknown[]
    return [...onDisk, ...(refused ?? (await inMemory()))]
  }
}
