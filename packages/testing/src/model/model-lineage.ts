// Who continues whose history in the model, and what becomes of it when a base dies.

import type { ModelThread } from './model-thread.js'

type Threads = ReadonlyMap<string, ModelThread>

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
