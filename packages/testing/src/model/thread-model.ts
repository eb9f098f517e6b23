// What a thread store is, without disk, journal or clock: threads with lines, who spawned whom, who continues whom, who is
// on hold, who waits for a date, who is dead. Each call either changes the model or gives the codes with which a store may
// refuse it. A few hundred lines that an engine of many thousands must agree with.

import type { ForksMode } from '../store/thread-store-like.js'
import type { ModelAppend, ModelFork } from './model-changes.js'
import { deleteThreads } from './model-deletions.js'
import { isInMemory, kinOf } from './model-halves.js'
import { baseOfFork, detach, forksOutside, ownerOf } from './model-lineage.js'
import type { ModelPlan } from './model-plans.js'
import { copyOfRecorder, endRecorders, hasWriter, type ModelRecorder } from './model-recorders.js'
import type { ModelPolicy } from './model-retention.js'
import { copyOfThreads, type ModelThread, type WaitingSet } from './model-thread.js'
import { endOfOpenTurn, isMark } from './model-turns.js'
import { refusedWith, type Said, told } from './said.js'

const KEYS_KEPT_MS = 7 * 24 * 3_600_000

export class ThreadModel {
  threads = new Map<string, ModelThread>()
  dead = new Set<string>()
  /** Those of the dead that were in memory alone. */
  deadInMemory = new Set<string>()
  /** Deletions that wait, oldest first. */
  waiting: WaitingSet[] = []
  policy: ModelPolicy | null = null
  /** Milliseconds since the store was made. */
  nowMs = 0
  /** Parents of the dead: trees are walked through them. */
  parents = new Map<string, string | null>()
  recorders = new Map<number, ModelRecorder>()
  plans = new Map<number, ModelPlan>()
  /** By folder: the store as it was. */
  backups = new Map<string, ThreadModel>()
  /** Those that the store lists. */
  knownBackups = new Set<string>()

  /** Another model of the same store. */
  copy(): ThreadModel {
    const { policy, nowMs } = this
    return Object.assign(new ThreadModel(), {
      threads: copyOfThreads(this.threads),
      dead: new Set(this.dead),
      deadInMemory: new Set(this.deadInMemory),
      waiting: this.waiting.map(({ ids, ...set }) => ({ ...set, ids: new Set(ids) })),
      policy,
      nowMs,
      parents: new Map(this.parents),
      recorders: new Map([...this.recorders].map(([key, one]) => [key, copyOfRecorder(one)])),
      plans: new Map(this.plans),
      backups: new Map(this.backups),
      knownBackups: new Set(this.knownBackups),
    })
  }

  /** What a thread in memory spawns is in memory too. */
  create(
    id: string,
    options: { name: string | null; parent: string | null; ephemeral?: boolean },
  ): Said {
    const { name, parent } = options
    const ephemeral = options.ephemeral === true || (parent !== null && isInMemory(this, parent))
    const codes = [...this.#refuseNew(id, ephemeral)]
    if (parent !== null) codes.push(...this.refuse(parent, { inUse: true }))
    if (codes.length > 0) return refusedWith(codes)
    this.#add(id, {
      name,
      parent,
      ephemeral,
      forkedFrom: null,
      base: null,
      lines: [],
      inherited: 0,
    })
    return told(id)
  }

  append(id: string, change: ModelAppend): Said {
    const { texts, attachments = {}, idempotencyKey, isMisplaced = false } = change
    const codes = [...this.refuse(id, { inUse: true })]
    if (!change.isOfWriter && hasWriter(this, id)) codes.push('THREAD_HAS_WRITER')
    if (isMisplaced) codes.push('ORDINAL_CONFLICT')
    if (codes.length > 0) return refusedWith(codes)
    const thread = this.threads.get(id)!
    const { lines } = thread
    const digest = JSON.stringify([texts, attachments])
    const kept = idempotencyKey === undefined ? undefined : thread.keys[idempotencyKey]
    if (kept && this.nowMs - kept.atMs <= KEYS_KEPT_MS) {
      const isRedacted = lines.slice(kept.from, kept.to).some((line) => line.isRedacted)
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
    const codes = this.refuse(id)
    if (codes.length > 0) return refusedWith(codes)
    this.threads.get(id)!.name = name
    return told()
  }

  /** Also of threads that wait for a date. */
  mark(id: string, mark: 'hold' | 'unhold' | 'pin' | 'unpin'): Said {
    const codes = this.refuse(id, { waits: true })
    if (codes.length > 0) return refusedWith(codes)
    const thread = this.threads.get(id)!
    if (mark === 'unhold' && !thread.held) return refusedWith(['THREAD_NOT_HELD'])
    if (mark === 'hold' || mark === 'unhold') thread.held = mark === 'hold'
    else thread.pinned = mark === 'pin'
    return told()
  }

  /** Only looked at, or written in another form. */
  read(id: string): Said {
    const codes = this.refuse(id)
    return codes.length > 0 ? refusedWith(codes) : told()
  }

  archive(id: string, archived: boolean): Said {
    const codes = this.refuse(id)
    if (codes.length > 0) return refusedWith(codes)
    if (this.threads.get(id)!.archived === archived)
      return refusedWith([archived ? 'THREAD_ARCHIVED' : 'THREAD_NOT_ARCHIVED'])
    for (const one of this.tree([id]))
      if (!this.waits(one)) this.threads.get(one)!.archived = archived
    return told()
  }

  attach(id: string, key: string, value: string | undefined): Said {
    const codes = this.refuse(id, { inUse: value !== undefined })
    if (codes.length > 0) return refusedWith(codes)
    const { attachments } = this.threads.get(id)!
    const wasThere = attachments[key] !== undefined
    if (value === undefined) delete attachments[key]
    else attachments[key] = value
    return told(value === undefined ? wasThere : undefined)
  }

  fork(id: string, newId: string, options: ModelFork): Said {
    const { name, count } = options
    const ephemeral = options.ephemeral === true || isInMemory(this, id)
    const codes = [...this.refuse(id, { inUse: true }), ...this.#refuseNew(newId, ephemeral)]
    if (codes.length > 0) return refusedWith(codes)
    const from = this.threads.get(id)!
    // Nothing in memory refers to what is on disk.
    const copy = options.copy || ephemeral !== from.ephemeral
    const shared = from.lines.slice(0, count)
    const inherited = copy ? shared.map((line) => ({ ...line })) : shared
    this.#add(newId, {
      name: name ?? from.name,
      parent: null,
      ephemeral,
      forkedFrom: id,
      base: copy ? null : baseOfFork(this.threads, id, count),
      inherited: copy ? 0 : inherited.length,
      lines: [...inherited, ...endOfOpenTurn(shared)],
    })
    return told()
  }

  /** `index` counts the thread's lines, inherited ones first; undefined for a line that is not there. */
  redact(id: string, index: number | undefined): Said {
    const codes = this.refuse(id)
    if (codes.length > 0) return refusedWith(codes)
    const line = index === undefined ? undefined : this.threads.get(id)!.lines[index]
    if (index === undefined || !line) return refusedWith(['ORDINAL_NOT_FOUND'])
    if (ownerOf(this.threads, id, index).held || this.threads.get(id)!.held)
      return refusedWith(['THREAD_HELD'])
    line.isRedacted = true
    if (!isMark(line.text)) line.text = null
    return told('deleted')
  }

  delete(ids: readonly string[], forks: ForksMode, delayMs?: number): Said {
    return deleteThreads(this, ids, forks, delayMs)
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
      if (![...gone].some((id) => this.threads.get(id)!.held)) this.kill(gone)
    }
  }

  stateOf(id: string): string | undefined {
    if (this.dead.has(id)) return 'deleted'
    const thread = this.threads.get(id)
    if (!thread) return undefined
    return this.waits(id) ? 'scheduled' : thread.archived ? 'archived' : 'active'
  }

  /** These threads and all that they spawned, in the same half of the store, through middles that are gone. */
  tree(roots: readonly string[]): string[] {
    const found = new Set(roots)
    for (const id of this.threads.keys())
      if (this.above(id).some((one) => found.has(one))) found.add(id)
    return [...found].filter((id) => this.threads.has(id))
  }

  /** Ancestors in the same half of the store: the nearest one first, dead ones included. */
  above(id: string): string[] {
    const ancestors: string[] = []
    const parentOf = (one: string) => this.threads.get(one)?.parent ?? this.parents.get(one) ?? null
    for (let up = parentOf(id); up !== null; up = parentOf(up)) ancestors.push(up)
    return ancestors.filter((one) => isInMemory(this, one) === isInMemory(this, id))
  }

  /** With what they spawned in memory. */
  kill(set: ReadonlySet<string>): void {
    const gone = new Set([...set, ...kinOf(this, set, { isCascade: false })])
    endRecorders(this, gone, 'THREAD_DELETED')
    for (const fork of forksOutside(this.threads, gone)) detach(this.threads, fork, gone)
    this.unwait(gone)
    for (const id of gone) {
      const { parent, ephemeral } = this.threads.get(id)!
      this.parents.set(id, parent)
      if (ephemeral) this.deadInMemory.add(id)
      this.threads.delete(id)
      this.dead.add(id)
    }
  }

  waits(id: string): boolean {
    return this.waiting.some(({ ids }) => ids.has(id))
  }

  wait(ids: ReadonlySet<string>, dueMs: number): void {
    if (ids.size === 0) return
    endRecorders(this, ids, 'THREAD_SCHEDULED')
    this.unwait(ids)
    const order = Math.max(0, ...this.waiting.map((set) => set.order)) + 1
    this.waiting.push({ ids: new Set(ids), dueMs, order })
  }

  unwait(ids: ReadonlySet<string>): void {
    for (const set of this.waiting) for (const id of ids) set.ids.delete(id)
    this.waiting = this.waiting.filter((set) => set.ids.size > 0)
  }

  #add(
    id: string,
    facts: Omit<
      ModelThread,
      'id' | 'archived' | 'held' | 'pinned' | 'attachments' | 'keys' | 'activeMs'
    >,
  ): void {
    const marks = { archived: false, held: false, pinned: false }
    const rest = { attachments: {}, keys: {}, activeMs: this.nowMs }
    this.threads.set(id, { id, ...marks, ...rest, ...facts })
  }

  #refuseNew(id: string, ephemeral: boolean): readonly string[] {
    const state = this.stateOf(id)
    if (state === undefined) return []
    // The other half only knows that there is one, or was.
    if (isInMemory(this, id) !== ephemeral) return ['THREAD_EXISTS']
    return [{ deleted: 'THREAD_DELETED', scheduled: 'THREAD_SCHEDULED' }[state] ?? 'THREAD_EXISTS']
  }

  /** Codes of what a thread is not to be used for. */
  refuse(
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
