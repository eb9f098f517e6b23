// What a thread store is, without disk, journal or clock: threads with lines, who spawned whom, who continues whom, who is
// on hold, who waits for a date, who is dead. Each call either changes the model or gives the codes with which a store may
// refuse it. A few hundred lines that an engine of many thousands must agree with.

import type { ForksMode } from '../store/thread-store-like.js'
import { baseOfFork, deletionOf, detach, forksOutside, ownerOf } from './model-lineage.js'
import { dueByPolicy, type ModelPolicy } from './model-retention.js'
import { copyOfThreads, type ModelThread, type WaitingSet } from './model-thread.js'
import { refusedWith, type Said, told } from './said.js'

const KEYS_KEPT_MS = 7 * 24 * 3_600_000

export interface ModelAppend {
  readonly texts: readonly string[]
  readonly attachments?: Readonly<Record<string, string>>
  readonly idempotencyKey?: string
  /** Not where the thread ends. */
  readonly isMisplaced?: boolean
}

export class ThreadModel {
  threads = new Map<string, ModelThread>()
  dead = new Set<string>()
  /** Deletions that wait, oldest first. */
  waiting: WaitingSet[] = []
  policy: ModelPolicy | null = null
  /** Milliseconds since the store was made. */
  nowMs = 0
  /** Parents of the dead: trees are walked through them. */
  parents = new Map<string, string | null>()

  /** Another model of the same store. */
  copy(): ThreadModel {
    const { policy, nowMs } = this
    return Object.assign(new ThreadModel(), {
      threads: copyOfThreads(this.threads),
      dead: new Set(this.dead),
      waiting: this.waiting.map(({ ids, ...set }) => ({ ...set, ids: new Set(ids) })),
      policy,
      nowMs,
      parents: new Map(this.parents),
    })
  }

  create(id: string, options: { name: string | null; parent: string | null }): Said {
    const { parent } = options
    const codes = [...this.#refuseNew(id)]
    if (parent !== null) codes.push(...this.#refuse(parent, { inUse: true }))
    if (codes.length > 0) return refusedWith(codes)
    this.#add(id, { ...options, forkedFrom: null, base: null, lines: [], inherited: 0 })
    return told(id)
  }

  append(id: string, change: ModelAppend): Said {
    const { texts, attachments = {}, idempotencyKey, isMisplaced = false } = change
    const codes = [...this.#refuse(id, { inUse: true })]
    if (isMisplaced) codes.push('ORDINAL_CONFLICT')
    if (codes.length > 0) return refusedWith(codes)
    const thread = this.threads.get(id)!
    const { lines } = thread
    const digest = JSON.stringify([texts, attachments])
    const kept = idempotencyKey === undefined ? undefined : thread.keys[idempotencyKey]
    if (kept && this.nowMs - kept.atMs <= KEYS_KEPT_MS) {
      const isRedacted = lines.slice(kept.from, kept.to).some((line) => line.text === null)
      // Without the text there is nothing to compare.
      if (kept.digest !== digest && !isRedacted) return refusedWith(['IDEMPOTENCY_CONFLICT'])
      return told(kept.to - kept.from)
    }
    const from = lines.length
    lines.push(...texts.map((text) => ({ text })))
    Object.assign(thread.attachments, attachments)
    if (texts.length > 0) thread.activeMs = this.nowMs
    if (idempotencyKey !== undefined)
      thread.keys[idempotencyKey] = { digest, from, to: lines.length, atMs: this.nowMs }
    return told(texts.length)
  }

  rename(id: string, name: string): Said {
    const codes = this.#refuse(id)
    if (codes.length > 0) return refusedWith(codes)
    this.threads.get(id)!.name = name
    return told()
  }

  /** Also of threads that wait for a date. */
  mark(id: string, mark: 'hold' | 'unhold' | 'pin' | 'unpin'): Said {
    const codes = this.#refuse(id, { waits: true })
    if (codes.length > 0) return refusedWith(codes)
    const thread = this.threads.get(id)!
    if (mark === 'unhold' && !thread.held) return refusedWith(['THREAD_NOT_HELD'])
    if (mark === 'hold' || mark === 'unhold') thread.held = mark === 'hold'
    else thread.pinned = mark === 'pin'
    return told()
  }

  /** Only looked at, or written in another form. */
  read(id: string): Said {
    const codes = this.#refuse(id)
    return codes.length > 0 ? refusedWith(codes) : told()
  }

  archive(id: string, archived: boolean): Said {
    const codes = this.#refuse(id)
    if (codes.length > 0) return refusedWith(codes)
    if (this.threads.get(id)!.archived === archived)
      return refusedWith([archived ? 'THREAD_ARCHIVED' : 'THREAD_NOT_ARCHIVED'])
    for (const one of this.tree([id]))
      if (!this.#waits(one)) this.threads.get(one)!.archived = archived
    return told()
  }

  attach(id: string, key: string, value: string | undefined): Said {
    const codes = this.#refuse(id, { inUse: value !== undefined })
    if (codes.length > 0) return refusedWith(codes)
    const { attachments } = this.threads.get(id)!
    const wasThere = attachments[key] !== undefined
    if (value === undefined) delete attachments[key]
    else attachments[key] = value
    return told(value === undefined ? wasThere : undefined)
  }

  /** `count` lines of it; all by default. */
  fork(
    id: string,
    newId: string,
    { copy, name, count }: { copy: boolean; name: string | null; count?: number | undefined },
  ): Said {
    const codes = [...this.#refuse(id, { inUse: true }), ...this.#refuseNew(newId)]
    if (codes.length > 0) return refusedWith(codes)
    const from = this.threads.get(id)!
    const shared = from.lines.slice(0, count)
    const lines = copy ? shared.map((line) => ({ ...line })) : shared
    this.#add(newId, {
      name: name ?? from.name,
      parent: null,
      forkedFrom: id,
      base: copy ? null : baseOfFork(this.threads, id, count),
      inherited: copy ? 0 : lines.length,
      lines,
    })
    return told()
  }

  /** `index` counts the thread's lines, inherited ones first; undefined for a line that is not there. */
  redact(id: string, index: number | undefined): Said {
    const codes = this.#refuse(id)
    if (codes.length > 0) return refusedWith(codes)
    const line = index === undefined ? undefined : this.threads.get(id)!.lines[index]
    if (index === undefined || !line) return refusedWith(['ORDINAL_NOT_FOUND'])
    if (ownerOf(this.threads, id, index).held || this.threads.get(id)!.held)
      return refusedWith(['THREAD_HELD'])
    line.text = null
    return told('deleted')
  }

  /** At once, or after `delayMs`. Tells who dies or waits; nothing for a repeat. */
  delete(ids: readonly string[], forks: ForksMode, delayMs?: number): Said {
    if (ids.some((id) => !this.threads.has(id) && !this.dead.has(id)))
      return refusedWith(['THREAD_NOT_FOUND'])
    const living = ids.filter((id) => !this.dead.has(id))
    const gone = deletionOf(this, living, forks)
    const codes: string[] = []
    if (forks === 'refuse' && forksOutside(this.threads, gone).length > 0)
      codes.push('THREAD_HAS_FORKS')
    if ([...gone].some((id) => this.threads.get(id)!.held)) codes.push('THREAD_HELD')
    if (delayMs !== undefined && this.#isAhead(gone, this.nowMs + delayMs))
      codes.push('THREAD_SCHEDULED')
    if (codes.length > 0) return refusedWith(codes)
    if (gone.size === 0) return told()
    if (delayMs === undefined) this.#kill(gone)
    else this.#wait(gone, this.nowMs + delayMs)
    return told([...gone].sort())
  }

  /** Takes dates back, of these and all that they spawned. */
  restore(id: string): Said {
    if (this.dead.has(id)) return refusedWith(['THREAD_DELETED'])
    if (!this.#waits(id)) return refusedWith(['THREAD_NOT_SCHEDULED'])
    const back = new Set(this.tree([id]).filter((one) => this.#waits(one)))
    const ancestor = this.#ancestorsOf(id).some((one) => this.#waits(one) && !back.has(one))
    if (ancestor) return refusedWith(['THREAD_SCHEDULED'])
    this.#unwait(back)
    return told([...back].sort())
  }

  pass(ms: number): void {
    this.nowMs += ms
    this.runDue()
  }

  /** Sets that are due die, each whole; one that has a held thread waits on. */
  runDue(): void {
    const due = this.waiting.filter(({ dueMs }) => dueMs <= this.nowMs)
    for (const { ids } of due.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)) {
      const gone = new Set(this.tree([...ids]))
      if (![...gone].some((id) => this.threads.get(id)!.held)) this.#kill(gone)
    }
  }

  /** What retention does now: tells who is archived, and who dies or gets a date. */
  retain(): Said {
    const { policy } = this
    if (!policy) return told({ archived: [], gone: [] })
    const { deletions, archives } = dueByPolicy(this, policy)
    const archived = archives.filter((id) => !this.threads.get(id)!.archived)
    const gone = new Set(deletions)
    if (gone.size > 0) {
      if (policy.graceMs === 0) this.#kill(gone)
      else this.#wait(gone, this.nowMs + policy.graceMs)
    }
    for (const id of archived) this.threads.get(id)!.archived = true
    return told({ archived: archived.sort(), gone: deletions.sort() })
  }

  stateOf(id: string): string | undefined {
    if (this.dead.has(id)) return 'deleted'
    const thread = this.threads.get(id)
    if (!thread) return undefined
    return this.#waits(id) ? 'scheduled' : thread.archived ? 'archived' : 'active'
  }

  /** These threads and all that they spawned, through middles that are gone. */
  tree(roots: readonly string[]): string[] {
    const found = new Set(roots)
    for (const id of this.threads.keys())
      if (this.#ancestorsOf(id).some((one) => found.has(one))) found.add(id)
    return [...found].filter((id) => this.threads.has(id))
  }

  /** The nearest one first, dead ones included. */
  #ancestorsOf(id: string): string[] {
    const ancestors: string[] = []
    const parentOf = (one: string) => this.threads.get(one)?.parent ?? this.parents.get(one) ?? null
    for (let up = parentOf(id); up !== null; up = parentOf(up)) ancestors.push(up)
    return ancestors
  }

  #kill(gone: ReadonlySet<string>): void {
    for (const fork of forksOutside(this.threads, gone)) detach(this.threads, fork, gone)
    this.#unwait(gone)
    for (const id of gone) {
      this.parents.set(id, this.threads.get(id)!.parent)
      this.threads.delete(id)
      this.dead.add(id)
    }
  }

  #waits(id: string): boolean {
    return this.waiting.some(({ ids }) => ids.has(id))
  }

  #wait(ids: ReadonlySet<string>, dueMs: number): void {
    this.#unwait(ids)
    const order = Math.max(0, ...this.waiting.map((set) => set.order)) + 1
    this.waiting.push({ ids: new Set(ids), dueMs, order })
  }

  #unwait(ids: ReadonlySet<string>): void {
    for (const set of this.waiting) for (const id of ids) set.ids.delete(id)
    this.waiting = this.waiting.filter((set) => set.ids.size > 0)
  }

  /** Whether an ancestor outside of the set has an earlier date: it would take the set along before its own. */
  #isAhead(set: ReadonlySet<string>, dueMs: number): boolean {
    return [...set].some((id) =>
      this.#ancestorsOf(id).some(
        (one) => !set.has(one) && this.waiting.some((w) => w.ids.has(one) && w.dueMs < dueMs),
      ),
    )
  }

  #add(
    id: string,
    facts: Pick<ModelThread, 'name' | 'parent' | 'forkedFrom' | 'base' | 'lines' | 'inherited'>,
  ): void {
    const marks = { archived: false, held: false, pinned: false }
    const rest = { attachments: {}, keys: {}, activeMs: this.nowMs }
    this.threads.set(id, { id, ...marks, ...rest, ...facts })
  }

  #refuseNew(id: string): readonly string[] {
    const state = this.stateOf(id)
    if (state === undefined) return []
    return [{ deleted: 'THREAD_DELETED', scheduled: 'THREAD_SCHEDULED' }[state] ?? 'THREAD_EXISTS']
  }

  #refuse(
    id: string,
    { inUse = false, waits = false }: { readonly inUse?: boolean; readonly waits?: boolean } = {},
  ): readonly string[] {
    const state = this.stateOf(id)
    if (state === undefined) return ['THREAD_NOT_FOUND']
    if (state === 'deleted') return ['THREAD_DELETED']
    if (state === 'scheduled' && !waits) return ['THREAD_SCHEDULED']
    return inUse && this.threads.get(id)!.archived ? ['THREAD_ARCHIVED'] : []
  }
}
