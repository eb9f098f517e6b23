// Threads in memory beside those on disk: two halves of one store. A thread in memory may be spawned by, or forked from,
// one on disk, and never the other way round; forks into the other half are copies. What is done to a tree is done in one
// half, but a thread that dies takes along what it spawned in memory.

import type { ForksMode } from '../store/thread-store-like.js'
import { deletionOf } from './model-lineage.js'
import type { ThreadModel } from './thread-model.js'

/** Dead or alive. */
export const isInMemory = ({ threads, deadInMemory }: ThreadModel, id: string): boolean =>
  threads.get(id)?.ephemeral ?? deadInMemory.has(id)

/** What goes along in memory when these threads on disk die. */
export function kinOf(
  model: ThreadModel,
  gone: ReadonlySet<string>,
  { isCascade }: { readonly isCascade: boolean },
): Set<string> {
  const roots = [...model.threads.values()].filter(
    ({ id, ephemeral, parent, forkedFrom }) =>
      ephemeral &&
      !gone.has(id) &&
      [parent, isCascade ? forkedFrom : null].some(
        (one) => one !== null && gone.has(one) && !isInMemory(model, one),
      ),
  )
  const ids = roots.map(({ id }) => id)
  return deletionOf(model, ids, isCascade ? 'cascade' : 'detach')
}

export interface ModelScope {
  /** A set a half: on disk, in memory. */
  readonly halves: readonly [ReadonlySet<string>, ReadonlySet<string>]
  readonly kin: ReadonlySet<string>
}

/** What a deletion of these living threads takes. */
export function scopeOf(model: ThreadModel, ids: readonly string[], forks: ForksMode): ModelScope {
  const ofHalf = (inMemory: boolean): Set<string> =>
    deletionOf(
      model,
      ids.filter((id) => isInMemory(model, id) === inMemory),
      forks,
    )
  const onDisk = ofHalf(false)
  const kin = kinOf(model, onDisk, { isCascade: forks === 'cascade' })
  return { halves: [onDisk, ofHalf(true)], kin }
}

/** The process ends, and with it recorders and all that was in memory; nobody remembers who died there. */
export function endProcess(model: ThreadModel): void {
  const { threads, deadInMemory, dead, parents } = model
  model.recorders.clear()
  const forgotten = [...threads.values()].filter(({ ephemeral }) => ephemeral).map(({ id }) => id)
  model.unwait(new Set(forgotten))
  for (const id of forgotten) threads.delete(id)
  for (const id of deadInMemory) {
    dead.delete(id)
    parents.delete(id)
  }
  deadInMemory.clear()
}
