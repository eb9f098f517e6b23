// Deletions in the model, at once or with a date, and the way back.

import type { ForksMode } from '../store/thread-store-like.js'
import { scopeOf } from './model-halves.js'
import { forksOutside } from './model-lineage.js'
import { refusedWith, type Said, told } from './said.js'
import type { ThreadModel } from './thread-model.js'

/** At once, or after `delayMs`. Tells who dies or waits; nothing for a repeat. */
export function deleteThreads(
  model: ThreadModel,
  ids: readonly string[],
  forks: ForksMode,
  delayMs?: number,
): Said {
  const { threads, dead, nowMs } = model
  if (ids.some((id) => !threads.has(id) && !dead.has(id))) return refusedWith(['THREAD_NOT_FOUND'])
  const living = ids.filter((id) => !dead.has(id))
  const { halves, kin } = scopeOf(model, living, forks)
  const named = new Set([...halves[0], ...halves[1]])
  const codes: string[] = []
  if (forks === 'refuse' && halves.some((set) => forksOutside(threads, set).length > 0))
    codes.push('THREAD_HAS_FORKS')
  if ([...named, ...kin].some((id) => threads.get(id)!.held)) codes.push('THREAD_HELD')
  if (delayMs !== undefined && isAhead(model, named, nowMs + delayMs))
    codes.push('THREAD_SCHEDULED')
  if (codes.length > 0) return refusedWith(codes)
  if (named.size === 0) return told()
  const gone = delayMs === undefined ? new Set([...named, ...kin]) : named
  if (delayMs === undefined) model.kill(gone)
  else for (const half of halves) model.wait(half, nowMs + delayMs)
  return told([...gone].sort())
}

/** Whether an ancestor outside of the set has an earlier date: it would take the set along before its own. */
const isAhead = (model: ThreadModel, set: ReadonlySet<string>, dueMs: number): boolean =>
  [...set].some((id) =>
    model
      .above(id)
      .some(
        (one) =>
          !set.has(one) && model.waiting.some(({ ids, dueMs: at }) => ids.has(one) && at < dueMs),
      ),
  )

/** Takes dates back, of this and all that it spawned. */
export function restoreThread(model: ThreadModel, id: string): Said {
  if (model.dead.has(id)) return refusedWith(['THREAD_DELETED'])
  if (!model.waits(id)) return refusedWith(['THREAD_NOT_SCHEDULED'])
  const back = new Set(model.tree([id]).filter((one) => model.waits(one)))
  const isBelow = model.above(id).some((one) => model.waits(one) && !back.has(one))
  if (isBelow) return refusedWith(['THREAD_SCHEDULED'])
  model.unwait(back)
  return told([...back].sort())
}
