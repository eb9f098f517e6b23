// Deletions that wait for their date. A set is one record, `s/<operation id>`, with 16 bytes an id and the few facts that
// the delete will need; all records are in memory while the store is open, because every verb asks whether a thread is
// in one. What changes them are operations of one batch, so a set is scheduled, moved, restored or deleted whole.

import type { BatchOperation, Journal } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { ForksMode } from '../erasure/delete-scope.js'
import { rowsUnder } from '../rows-under.js'
import { packUuidsNow, unpackUuids } from '../tombstones/index.js'

export interface Schedule {
  readonly operationId: string
  /** The whole set: roots, what they spawned, and forks that go along. */
  readonly ids: readonly ThreadId[]
  /** In trusted time, milliseconds since 1970 UTC. */
  readonly dueMs: number
  readonly roots: readonly ThreadId[]
  readonly forks: ForksMode
  readonly reason: string | null
  readonly requestedBy: string | null
  readonly atMs: number
}

/** What a batch must hold, and what is done in memory once it is durable. */
export interface ScheduleChange {
  readonly operations: readonly BatchOperation[]
  readonly applied: () => void
}

export const schedulesPrefix = 's/'

export const scheduleKey = (operationId: string): string => `${schedulesPrefix}${operationId}`

/** Length of the ids (4 bytes, little endian) · ids · the rest as JSON, without the roots where all are roots. */
export function encodeSchedule(
  { operationId: _id, ids, roots, ...rest }: Schedule,
  packedIds: Uint8Array = packUuidsNow(ids),
): Uint8Array {
  const head = Buffer.alloc(4)
  head.writeUInt32LE(packedIds.length)
  const facts = roots.length === ids.length ? rest : { roots, ...rest }
  return Buffer.concat([head, packedIds, Buffer.from(JSON.stringify(facts))])
}

/** Throws whatever reading a damaged body leads to. */
export function decodeSchedule(operationId: string, body: Uint8Array): Schedule {
  const bytes = Buffer.from(body)
  const end = 4 + bytes.readUInt32LE(0)
  const ids = unpackUuids(bytes.subarray(4, end))
  const rest = JSON.parse(bytes.subarray(end).toString()) as Omit<Schedule, 'operationId' | 'ids'>
  if (!Number.isSafeInteger(rest.dueMs)) throw new RangeError('a schedule without a date')
  return { operationId, ids, ...rest, roots: rest.roots ?? ids }
}

export class Schedules {
  /** Rises with every set that comes or goes. */
  changes = 0
  readonly #sets = new Map<string, Schedule>()
  readonly #of = new Map<ThreadId, Schedule>()

  static async load(journal: Journal): Promise<Schedules> {
    const schedules = new Schedules()
    for await (const [key, body] of rowsUnder(journal, schedulesPrefix)) {
      schedules.#add(decodeSchedule(key.slice(schedulesPrefix.length), body))
    }
    return schedules
  }

  has(id: ThreadId): boolean {
    return this.#of.has(id)
  }

  of(id: ThreadId): Schedule | undefined {
    return this.#of.get(id)
  }

  get(operationId: string): Schedule | undefined {
    return this.#sets.get(operationId)
  }

  /** By date, then by age. */
  all(): Schedule[] {
    return [...this.#sets.values()].sort(
      (a, b) => a.dueMs - b.dueMs || (a.operationId < b.operationId ? -1 : 1),
    )
  }

  due(nowMs: number): Schedule[] {
    return this.all().filter(({ dueMs }) => dueMs <= nowMs)
  }

  /** A new set, with its ids as they are stored; its threads leave the sets that they were in. */
  put(schedule: Schedule, packedIds: Uint8Array): ScheduleChange {
    const left = this.without(schedule.ids)
    return {
      operations: [
        ...left.operations,
        {
          type: 'put',
          key: scheduleKey(schedule.operationId),
          body: encodeSchedule(schedule, packedIds),
        },
      ],
      applied: () => {
        left.applied()
        this.#add(schedule)
      },
    }
  }

  /** Takes threads out of the sets that they are in; a set that is empty then is gone. */
  without(ids: readonly ThreadId[]): ScheduleChange {
    const leaving = new Map<Schedule, Set<ThreadId>>()
    for (const id of this.#of.size > 0 ? ids : []) {
      const schedule = this.#of.get(id)
      if (!schedule) continue
      const some = leaving.get(schedule)
      if (some) some.add(id)
      else leaving.set(schedule, new Set([id]))
    }
    const next = [...leaving].map(([before, gone]) => ({
      before,
      after: remainderOf(before, gone),
    }))
    return {
      operations: next.map(({ before, after }): BatchOperation => {
        const key = scheduleKey(before.operationId)
        return after ? { type: 'put', key, body: encodeSchedule(after) } : { type: 'del', key }
      }),
      applied: () => {
        for (const { before, after } of next) {
          this.#remove(before)
          if (after) this.#add(after)
        }
      },
    }
  }

  #add(schedule: Schedule): void {
    this.changes += 1
    this.#sets.set(schedule.operationId, schedule)
    for (const id of schedule.ids) this.#of.set(id, schedule)
  }

  #remove(schedule: Schedule): void {
    this.changes += 1
    this.#sets.delete(schedule.operationId)
    for (const id of schedule.ids) if (this.#of.get(id) === schedule) this.#of.delete(id)
  }
}

/** Where all roots have left, those that remain are deleted for themselves. */
export function remainderOf(schedule: Schedule, gone: ReadonlySet<ThreadId>): Schedule | undefined {
  if (gone.size === schedule.ids.length) return undefined
  const ids = schedule.ids.filter((id) => !gone.has(id))
  if (ids.length === 0) return undefined
  const roots = schedule.roots.filter((id) => !gone.has(id))
  return { ...schedule, ids, roots: roots.length > 0 ? roots : ids }
}

export const deleteAfterOf = ({ dueMs }: Schedule): string => new Date(dueMs).toISOString()

export const scheduledError = (threadId: ThreadId, schedule: Schedule): StoreError =>
  new StoreError(
    'THREAD_SCHEDULED',
    `thread ${threadId} is scheduled for deletion on ${deleteAfterOf(schedule)}`,
    { detail: { threadId, deleteAfter: deleteAfterOf(schedule) } },
  )
