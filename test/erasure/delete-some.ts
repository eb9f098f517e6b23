// Deletes within a random history: of a random subset, in every mode, with and without others at work. What must be
// refused is refused, and after every delete the store is compared with the model.

import { isStoreError } from '@cenotaph/core'
import { expect } from 'vitest'
import { message } from '../support/thread-ids.js'
import type { History } from './history.js'
import type { ForksMode, Model, ModelThread } from './model.js'

interface DeletePlan {
  readonly roots: readonly string[]
  readonly forks: ForksMode
  /** What goes; undefined where the delete must be refused. */
  readonly set: Set<string> | undefined
}

/** Threads to delete, and how; undefined where there is none. */
export function planDelete(history: History): DeletePlan | undefined {
  const { living } = history.model
  const some = living.filter(() => history.random() < 0.25)
  const roots = (some.length > 0 ? some : living.slice(0, 1)).map(({ id }) => id)
  if (roots.length === 0) return undefined
  const forks = history.pick(['refuse', 'detach', 'cascade'] as const)!
  return { roots, forks, set: history.model.scope(roots, forks) }
}

export async function deleteSome(history: History): Promise<void> {
  const plan = planDelete(history)
  if (!plan) return
  const { roots, forks, set } = plan
  // Others go on meanwhile: their groups, pages and compactions share LevelDB with the erasure.
  const others = set && history.random() < 0.5 ? workBeside(history, set) : []
  try {
    const [result] = await Promise.all([
      history.store.deleteThreads(roots, { forks, reason: 'asked for' }),
      ...others,
    ])
    expect(set, 'the delete should have been refused').toBeDefined()
    expect(result.state).toBe('deleted')
    expect(new Set<string>(result.threadIds)).toEqual(set)
    expect(result.receipt?.verification).toMatchObject({ mode: 'probes', residue: 0 })
  } catch (error) {
    if (set || !isStoreError(error, 'THREAD_HAS_FORKS')) throw error
    history.tally.refusals += 1
    return
  }
  history.deleted(set!, forks)
  await history.check()
}

/** Appends to threads that stay, a list, and the delete of something unrelated, all at once. */
function workBeside(history: History, dying: ReadonlySet<string>): Promise<void>[] {
  const { model, store } = history
  const staying = model.living.filter(({ id }) => !dying.has(id))
  const second = history.pick(staying)
  const also = second && model.scope([second.id], 'cascade')
  const work: Promise<void>[] = []
  const unrelated = also && [...also].every((id) => isUnrelated(model, id, dying))
  if (unrelated && history.random() < 0.3) work.push(deleteBeside(history, second.id, also))
  for (const thread of staying) {
    if (thread.archived || also?.has(thread.id) || history.random() < 0.5) continue
    work.push(appendBeside(history, thread))
  }
  work.push(store.listThreads({ limit: 5 }).then(() => {}))
  return work
}

/** Neither a fork nor a base of any of the others. */
function isUnrelated(model: Model, id: string, others: ReadonlySet<string>): boolean {
  const touches = (one: string, other: string): boolean =>
    model.get(one).forkedFrom === other || model.segments(one).some(({ owner }) => owner === other)
  return !others.has(id) && [...others].every((other) => !touches(id, other) && !touches(other, id))
}

async function deleteBeside(history: History, root: string, set: ReadonlySet<string>) {
  const { state } = await history.store.deleteThread(root, { forks: 'cascade' })
  expect(state).toBe('deleted')
  history.deleted(set, 'cascade')
}

async function appendBeside(history: History, thread: ModelThread): Promise<void> {
  const texts = [history.text()]
  await history.store.appendItems(thread.id, texts.map(message))
  history.appended(thread, texts)
}
