// The journal's state in memory, and the batches that move it on. A batch is built from the state as it
// is, carries the row `meta` as it will be, and changes the state only in `applied`, once it is durable.
// One batch is in flight at a time, so what was built on is what is there.

import { type Clock, type Entropy, StoreError } from '@cenotaph/storage'
import { seal } from './checked-value.js'
import type { BatchOperation, Commit, IntentCommit } from './commit.js'
import { sealOperations } from './commit.js'
import type { Batch, Joiner } from './commit-queue.js'
import { type GroupMember, isInline, sealGroup } from './group.js'
import { type OpenIntent, sealIntent } from './intent.js'
import { groupKey, intentKey, META_KEY, type OperationId, type Sequence } from './keys.js'
import type { LevelOperation } from './level.js'
import { emptyMeta, encodeMeta, type MetaRow } from './meta.js'
import { OperationIds, toggleId } from './operation-ids.js'
import type { Recovery } from './recovery.js'

type IntentHead = Omit<OpenIntent, 'body'> & { readonly storedBytes: number }

/** One append of a group, with rows of the caller that belong to it. */
export interface Appended {
  readonly member: GroupMember
  readonly rows: readonly BatchOperation[]
}

/** Bytes that it adds to its group's batch. */
function appendedBytes({ member, rows }: Appended): number {
  let bytes = 'tag' in member ? (member.tag?.length ?? 0) : 0
  if (isInline(member)) bytes += member.bytes.length
  for (const row of rows) bytes += row.key.length + (row.type === 'put' ? row.body.length : 0)
  return bytes
}

/** For the commit queue. */
export function joiner(
  member: GroupMember,
  rows: readonly BatchOperation[] = [],
  check?: () => void,
): Joiner<Appended> {
  const appended = { member, rows }
  return { member: appended, bytes: appendedBytes(appended), check }
}

export class JournalState {
  readonly #clock: Clock
  readonly #ids: OperationIds
  readonly #intents = new Map<OperationId, IntentHead>()
  readonly #reserved = new Set<OperationId>()
  /** Stored bytes of each untrimmed group, oldest first. */
  readonly #groupBytes: number[]
  #meta: MetaRow
  #timeMs: number
  /** Stored bytes of the untrimmed groups. */
  journaledBytes: number
  /** Bytes that were deleted or overwritten, and not yet physically erased. */
  unerasedBytes = 0
  /** Groups up to this one have no key any more; at most `meta.trimmed`. */
  deletedThrough: number

  constructor(clock: Clock, entropy: Entropy, recovery: Recovery) {
    this.#clock = clock
    this.#meta = recovery.meta ?? emptyMeta
    this.#timeMs = Math.max(this.#meta.storeTimeMs, recovery.anchor?.storeTimeMs ?? 0)
    this.#ids = new OperationIds(clock, entropy, this.#meta.lastOperationId)
    this.#groupBytes = [...recovery.groupBytes]
    this.journaledBytes = recovery.groupBytes.reduce((sum, bytes) => sum + bytes, 0)
    this.deletedThrough = recovery.deletedThrough
    for (const { body, ...head } of recovery.intents)
      this.#intents.set(head.id, { ...head, storedBytes: body.length })
  }

  get meta(): MetaRow {
    return this.#meta
  }

  /** Ascending; ids that are given out and may become an intent at any moment included. */
  openIntentIds(): readonly OperationId[] {
    return [...this.#intents.keys(), ...this.#reserved].sort()
  }

  isUnderWay(id: OperationId): boolean {
    return this.#intents.has(id) || this.#reserved.has(id)
  }

  reserveOperationId(): OperationId {
    const id = this.#ids.next()
    this.#reserved.add(id)
    return id
  }

  releaseOperationId(id: OperationId): void {
    this.#reserved.delete(id)
  }

  storeTimeMs(): number {
    this.#timeMs = Math.max(this.#timeMs, Math.trunc(this.#clock.wallMs()))
    return this.#timeMs
  }

  commit<T>(commit: Commit<T>): Batch<T> {
    return this.#batch(commit, [], {})
  }

  appendGroup(appended: readonly Appended[]): Batch<Sequence> {
    const sequence = (this.#meta.lastSequence + 1) as Sequence
    const key = groupKey(sequence)
    const value = sealGroup(
      key,
      appended.map(({ member }) => member),
    )
    const operations = appended.flatMap(({ rows }) => rows)
    const applied = (): Sequence => {
      this.#groupBytes.push(value.length)
      this.journaledBytes += value.length
      return sequence
    }
    const own: LevelOperation[] = [{ type: 'put', key, value }]
    return this.#batch({ operations, applied }, own, { lastSequence: sequence })
  }

  openIntent<T>(
    kind: string,
    build: (id: OperationId) => IntentCommit<T>,
    id: OperationId = this.#ids.next(),
  ): Batch<{ id: OperationId; result: T }> {
    // A repair brings intents of the journal back that it replaces.
    this.#ids.note(id)
    const { body, operations, applied } = build(id)
    const head = { id, kind, at: this.storeTimeMs() }
    const value = sealIntent({ ...head, body })
    const after = (): { id: OperationId; result: T } => {
      this.#intents.set(id, { ...head, storedBytes: value.length })
      this.#reserved.delete(id)
      return { id, result: applied?.() as T }
    }
    const own: LevelOperation[] = [{ type: 'put', key: intentKey(id), value }]
    return this.#batch({ operations, applied: after }, own, this.#toggled(id, +1))
  }

  amendIntent(id: OperationId, body: Uint8Array): Batch<void> {
    const { kind, at, storedBytes } = this.#open(id)
    const value = sealIntent({ id, kind, at, body })
    const applied = (): void => {
      this.#intents.set(id, { id, kind, at, storedBytes: value.length })
      this.unerasedBytes += storedBytes
    }
    const own: LevelOperation[] = [{ type: 'put', key: intentKey(id), value }]
    return this.#batch({ operations: [], applied }, own, {})
  }

  settleIntent<T>(id: OperationId, build: () => Commit<T>): Batch<T> {
    const { storedBytes } = this.#open(id)
    const { operations, applied } = build()
    const after = (): T => {
      this.#intents.delete(id)
      this.unerasedBytes += storedBytes
      return applied?.() as T
    }
    const own: LevelOperation[] = [{ type: 'del', key: intentKey(id) }]
    return this.#batch({ operations, applied: after }, own, this.#toggled(id, -1))
  }

  /**
   * Declares the groups up to `through` trimmed and deletes at most `deletesMax` of their keys. Keys that
   * stay are ignored by recovery, because `meta` says that they are trimmed.
   */
  trim(through: number, commit: Commit<void>, deletesMax: number): Batch<void> {
    if (
      !Number.isInteger(through) ||
      through < this.#meta.trimmed ||
      through > this.#meta.lastSequence
    )
      throw new StoreError('ARGUMENT_INVALID', 'a checkpoint cannot reach there', {
        detail: { through, trimmed: this.#meta.trimmed, last: this.#meta.lastSequence },
      })
    const groups = through - this.#meta.trimmed
    const { own, deletedThrough } = this.#deletes(through, deletesMax)
    const applied = (): void => {
      const bytes = this.#groupBytes.splice(0, groups).reduce((sum, size) => sum + size, 0)
      this.journaledBytes -= bytes
      this.unerasedBytes += bytes
      this.deletedThrough = deletedThrough
      commit.applied?.()
    }
    return this.#batch({ operations: commit.operations, applied }, own, { trimmed: through })
  }

  /** Deletes at most `deletesMax` keys of trimmed groups. */
  deleteTrimmed(deletesMax: number): Batch<void> {
    const { own, deletedThrough } = this.#deletes(this.#meta.trimmed, deletesMax)
    const applied = (): void => {
      this.deletedThrough = deletedThrough
    }
    return this.#batch({ operations: [], applied }, own, {})
  }

  #deletes(through: number, max: number): { own: LevelOperation[]; deletedThrough: number } {
    const deletedThrough = Math.min(through, this.deletedThrough + max)
    const own: LevelOperation[] = []
    for (let sequence = this.deletedThrough + 1; sequence <= deletedThrough; sequence++)
      own.push({ type: 'del', key: groupKey(sequence) })
    return { own, deletedThrough }
  }

  #open(id: OperationId): IntentHead {
    const intent = this.#intents.get(id)
    if (intent) return intent
    throw new StoreError('ARGUMENT_INVALID', `no intent ${id} is open`, { detail: { id } })
  }

  #toggled(id: OperationId, by: 1 | -1): Partial<MetaRow> {
    return {
      openIntents: this.#meta.openIntents + by,
      openIntentsXor: toggleId(this.#meta.openIntentsXor, id),
    }
  }

  #batch<T>(commit: Commit<T>, own: readonly LevelOperation[], change: Partial<MetaRow>): Batch<T> {
    const next: MetaRow = {
      ...this.#meta,
      ...change,
      // Rows of the caller may carry ids that no intent did, and those must not be given again either.
      lastOperationId: this.#ids.last,
      storeTimeMs: this.storeTimeMs(),
    }
    const meta: LevelOperation = {
      type: 'put',
      key: META_KEY,
      value: seal(META_KEY, encodeMeta(next)),
    }
    return {
      operations: [...sealOperations(commit.operations), ...own, meta],
      applied: () => {
        this.#meta = next
        return commit.applied?.() as T
      },
    }
  }
}
