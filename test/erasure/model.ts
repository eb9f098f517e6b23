// What a store should hold, thread by thread, with every canary accounted for. Forks hold the lines that they inherit,
// and the name, path and settings that their base had when they were made; nothing else of a base outlives it.

import { tokensIn } from '../support/canary.js'

export interface ModelItem {
  readonly ordinal: number
  readonly text: string
}

export interface ModelThread {
  readonly id: string
  name: string | null
  /** Names that it had before: its own events keep them as long as it lives. */
  readonly formerNames: string[]
  readonly cwd: string
  /** Text in its session_meta. */
  readonly instructions: string | null
  /** Its whole history, inherited lines included, without session_meta lines. */
  items: ModelItem[]
  nextOrdinal: number
  archived: boolean
  /** Its rollout is compressed, so that its lines cannot be seen on disk. */
  compressed: boolean
  readonly parent: string | null
  readonly forkedFrom: string | null
  /** Owner of the rollout that it continues by reference, and the ordinal at which it does. */
  base: { owner: string; first: number } | null
  /** Messages of the file that it was imported from, as long as nothing else was appended. */
  source: readonly string[] | null
}

export type ForksMode = 'refuse' | 'detach' | 'cascade'

export class Model {
  readonly #threads = new Map<string, ModelThread>()
  readonly #dead = new Set<string>()

  add(thread: ModelThread): void {
    this.#threads.set(thread.id, thread)
  }

  get living(): ModelThread[] {
    return [...this.#threads.values()]
  }

  get dead(): ReadonlySet<string> {
    return this.#dead
  }

  get(id: string): ModelThread {
    const thread = this.#threads.get(id)
    if (!thread) throw new Error(`the model has no thread ${id}`)
    return thread
  }

  /** The thread and all that it spawned. */
  tree(roots: readonly string[]): Set<string> {
    const found = new Set(roots)
    for (const id of found) {
      for (const { parent, id: child } of this.living) if (parent === id) found.add(child)
    }
    return found
  }

  /** What a delete takes along; undefined where it must be refused. */
  scope(roots: readonly string[], forks: ForksMode): Set<string> | undefined {
    let set = this.tree(roots)
    while (forks === 'cascade') {
      const withForks = this.living
        .filter(({ base, forkedFrom }) => set.has(base?.owner ?? '') || set.has(forkedFrom ?? ''))
        .map(({ id }) => id)
      const next = this.tree([...set, ...withForks])
      if (next.size === set.size) break
      set = next
    }
    const refused = this.living.some(({ id, base }) => !set.has(id) && set.has(base?.owner ?? ''))
    return refused && forks === 'refuse' ? undefined : set
  }

  /** Ids and ends of the rollouts that a thread's history goes through, oldest first. */
  segments(id: string): { owner: string; first: number }[] {
    const { base } = this.get(id)
    return base
      ? [...this.segments(base.owner), { owner: id, first: base.first }]
      : [{ owner: id, first: 0 }]
  }

  /** The rollout that a fork of `id` at `end` refers to. */
  baseAt(id: string, end: number): { owner: string; first: number } {
    const { owner } = this.segments(id).findLast(({ first }) => first < end)!
    return { owner, first: end }
  }

  /** Takes a set out; forks by reference that stay hold what they inherit themselves from now on. */
  kill(set: ReadonlySet<string>): void {
    const detached = this.living
      .filter(({ id, base }) => !set.has(id) && set.has(base?.owner ?? ''))
      .map(({ id }) => ({ id, base: this.#livingBase(id, set) }))
    for (const { id, base } of detached) this.get(id).base = base
    for (const id of set) {
      this.#threads.delete(id)
      this.#dead.add(id)
    }
  }

  #livingBase(id: string, set: ReadonlySet<string>): ModelThread['base'] {
    const segments = this.segments(id)
    for (let index = segments.length - 2; index >= 0; index -= 1) {
      const { owner } = segments[index]!
      if (!set.has(owner)) return { owner, first: segments[index + 1]!.first }
    }
    return null
  }

  /** Tokens that must be on disk, and tokens that may be. */
  tokens(): { readonly shown: Set<string>; readonly allowed: Set<string> } {
    const shown: (string | null)[] = []
    const hidden: (string | null)[] = []
    for (const thread of this.living) {
      const ownFirst = thread.base?.first ?? 0
      const own = thread.items.filter(({ ordinal }) => ordinal >= ownFirst)
      shown.push(thread.name, thread.cwd)
      // Inherited lines are on disk in the base's rollout, which may be a compressed one.
      hidden.push(...thread.formerNames, ...thread.items.map(({ text }) => text))
      ;(thread.compressed ? hidden : shown).push(
        thread.instructions,
        ...own.map(({ text }) => text),
      )
    }
    const tokens = tokensIn(shown.join(' '))
    return { shown: tokens, allowed: new Set([...tokens, ...tokensIn(hidden.join(' '))]) }
  }
}
