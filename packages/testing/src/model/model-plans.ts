// Plans of deletions in the model: a dry run changes nothing, and a delete that is bound to its plan takes exactly that
// set, or refuses.

import type { ForksMode } from '../store/thread-store-like.js'
import { deleteThreads } from './model-deletions.js'
import { scopeOf } from './model-halves.js'
import { forksOutside } from './model-lineage.js'
import { refusedWith, type Said, told } from './said.js'
import type { ThreadModel } from './thread-model.js'

export interface ModelPlan {
  readonly ids: readonly string[]
  readonly forks: ForksMode
  /** Equal for equal sets. */
  readonly name: string
}

/** `key` is the plan's, if there is one. Tells what would go, who is on hold, and what would be refused. */
export function plan(
  model: ThreadModel,
  key: number,
  ids: readonly string[],
  forks: ForksMode,
): Said {
  if (ids.some((id) => model.stateOf(id) === undefined)) return refusedWith(['THREAD_NOT_FOUND'])
  const living = ids.filter((id) => !model.dead.has(id))
  const { halves, kin } = scopeOf(model, living, forks)
  const gone = [...new Set([...halves[0], ...halves[1], ...kin])].sort()
  const held = gone.filter((id) => model.threads.get(id)!.held)
  const hasForks =
    forks === 'refuse' && halves.some((set) => forksOutside(model.threads, set).length > 0)
  const wouldRefuse = held.length > 0 ? 'THREAD_HELD' : hasForks ? 'THREAD_HAS_FORKS' : null
  model.plans.set(key, { ids, forks, name: nameOf(model, living, forks) })
  return told({ gone, held, wouldRefuse })
}

/** A repeat, of threads that are all dead, asks for no plan. */
export function deletePlanned(model: ThreadModel, key: number): Said {
  const { ids, forks, name } = model.plans.get(key)!
  const living = ids.filter((id) => !model.dead.has(id))
  const isKnown = ids.every((id) => model.stateOf(id) !== undefined)
  if (!isKnown || living.length === 0 || nameOf(model, living, forks) === name)
    return deleteThreads(model, ids, forks)
  // Which of two reasons it tells is its matter; it does not delete.
  const { refused = [] } = deleteThreads(model.copy(), ids, forks)
  return refusedWith(['PLAN_CHANGED', ...refused])
}

/** Whether a set is on disk or in memory makes no other plan of it. */
function nameOf(model: ThreadModel, living: readonly string[], forks: ForksMode): string {
  const { halves, kin } = scopeOf(model, living, forks)
  const ofKin = forks === 'cascade' ? 'cascade' : 'detach'
  const parts = [...halves.map((set) => ({ set, forks })), { set: kin, forks: ofKin }]
  return JSON.stringify(
    parts
      .filter(({ set }) => set.size > 0)
      .map((part) => {
        const references = forksOutside(model.threads, part.set).map(({ id }) => id)
        return [[...part.set].sort(), part.forks, references.sort()]
      }),
  )
}
