// Who continues whose history in the model, and what becomes of it when a base dies.

import type { ForksMode } from '../store/thread-store-like.js'
import { isInMemory } from './model-halves.js'
import type { ModelLine, ModelThread } from './model-thread.js'
import type { ThreadModel } from './thread-model.js'

type Threads = ReadonlyMap<string, ModelThread>

/** Whose rollout a fork of so many lines continues: of what is inherited itself, that of the base that holds it. */
export function baseOfFork(threads: Threads, id: string, count: number | undefined): string {
  return count === undefined ? id : ownerOf(threads, id, count - 1).id
}

/** Threads outside of a set that continue the history of one inside by reference. */
export const forksOutside = (threads: Threads, gone: ReadonlySet<string>): ModelThread[] =>
  [...threads.values()].filter(({ id, base }) => !gone.has(id) && base !== null && gone.has(base))

/** Its nearest base that lives stays its base; what it inherited from the dead is its own now. */
export function detach(threads: Threads, thread: ModelThread, gone: ReadonlySet<string>): void {
  let { base, inherited } = thread
  while (base !== null && gone.has(base)) {
    const dying: ModelThread = threads.get(base)!
    inherited = Math.min(inherited, dying.inherited)
    base = dying.base
  }
  thread.base = base
  thread.inherited = base === null ? 0 : inherited
  // Lines behind the part that it still refers to are copies from now on.
  thread.lines = thread.lines.map((line, at) => (at < thread.inherited ? line : { ...line }))
  shareWithForks(threads, thread)
}

/** Forks of this one go on to read its lines, which are its own now. */
function shareWithForks(threads: Threads, thread: ModelThread): void {
  for (const fork of threads.values()) {
    if (fork.base !== thread.id) continue
    fork.lines = fork.lines.map((line, at) => (at < fork.inherited ? thread.lines[at]! : line))
    shareWithForks(threads, fork)
  }
}

/** Whose rollout holds a line. */
export function ownerOf(threads: Threads, id: string, index: number): ModelThread {
  let thread = threads.get(id)!
  while (thread.base !== null && index < thread.inherited) thread = threads.get(thread.base)!
  return thread
}

/**
 * What goes with these threads of one half of the store: all that they spawned in it, and, where it is asked for, all that
 * was forked from any of them.
 */
export function deletionOf(
  model: ThreadModel,
  roots: readonly string[],
  forks: ForksMode,
): Set<string> {
  let found = new Set(model.tree(roots))
  while (forks === 'cascade') {
    const grown = new Set(found)
    for (const { id, ephemeral, forkedFrom, base } of model.threads.values())
      if (
        [forkedFrom, base].some(
          (one) => one !== null && found.has(one) && isInMemory(model, one) === ephemeral,
        )
      )
        grown.add(id)
    const next = new Set(model.tree([...grown]))
    if (next.size === found.size) return found
    found = next
  }
  return found
}

/** How many lines there are with this text in threads of a state; one that several of them share is one. */
export function countOfLines(model: ThreadModel, text: string, state: string): number {
  const found = new Set<ModelLine>()
  for (const { id, lines } of model.threads.values())
    if (model.stateOf(id) === state)
      for (const line of lines) if (line.text?.includes(text)) found.add(line)
  return found.size
}
