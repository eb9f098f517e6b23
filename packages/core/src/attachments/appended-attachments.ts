// Attachments that come with an append: in the one batch that commits its lines, or, where no line is left to write, in
// one of their own.

import { createHash } from 'node:crypto'
import { StoreError } from '@cenotaph/storage'
import { IdempotencyKeys, type KeptKey, keysKey } from '../append/idempotency.js'
import type { PreparedLines } from '../append/prepared-lines.js'
import type { StoreContext } from '../context.js'
import { refuseHidden } from '../threads/require-thread.js'
import type { ThreadState } from '../threads/thread-state.js'
import { checkName } from './attachment-format.js'
import {
  type AttachmentChange,
  AttachmentKeys,
  type CheckedChange,
  checkChange,
} from './attachment-keys.js'

const CHANGES_MAX = 1_000
const CHANGED_BYTES_MAX = 64 * 1024 * 1024

/** @throws ARGUMENT_INVALID, ATTACHMENT_TOO_LARGE */
export function checkChanges(
  options: {
    readonly attachments?: readonly AttachmentChange[]
    readonly durability?: string
  },
  bytesMax: number,
): readonly CheckedChange[] {
  const { attachments, durability } = options
  if (attachments === undefined) return []
  if (!Array.isArray(attachments) || attachments.length > CHANGES_MAX)
    throw invalid(`attachments must be a list of at most ${CHANGES_MAX}`)
  if (durability === 'buffered')
    throw invalid('attachments are durable at once, and cannot come with buffered items')
  const names = new Set<string>()
  let bytes = 0
  // Not map, which passes over holes.
  const changes = Array.from(attachments as readonly unknown[], (given) => {
    const change = checkOne(given, bytesMax)
    bytes += change.value?.bytes.length ?? 0
    const name = JSON.stringify([change.kind, change.key])
    if (names.has(name)) throw invalid('an attachment is named twice in one append')
    names.add(name)
    return change
  })
  if (bytes <= CHANGED_BYTES_MAX) return changes
  throw new StoreError('ATTACHMENT_TOO_LARGE', 'the attachments of one append are too large', {
    detail: { bytes, limit: CHANGED_BYTES_MAX },
  })
}

function checkOne(given: unknown, bytesMax: number): CheckedChange {
  if (typeof given !== 'object' || given === null)
    throw invalid('an attachment is {kind, key, value}, or {kind, key, delete: true}')
  const { kind, key, value, delete: goes } = given as Partial<Record<string, unknown>>
  checkName(kind, 'kind')
  checkName(key, 'key')
  if (goes === undefined) return checkChange({ kind, key, value }, bytesMax)
  if (goes === true && value === undefined) return { kind, key, value: undefined }
  throw invalid('an attachment has a value, or `delete: true`')
}

const invalid = (message: string): StoreError =>
  new StoreError('ARGUMENT_INVALID', message, { detail: { argument: 'attachments' } })

/** Kept with an idempotency key, beside the digest of the items. Empty where nothing came along. */
export function digestOfChanges(changes: readonly CheckedChange[]): string {
  if (changes.length === 0) return ''
  const hash = createHash('sha256')
  for (const { kind, key, value } of changes) {
    hash.update(JSON.stringify([kind, key, value?.json ?? null, value?.bytes.length ?? null]))
    if (value) hash.update(value.bytes)
  }
  return hash.digest('hex')
}

export class AppendedAttachments {
  readonly #context: StoreContext
  readonly #state: ThreadState
  readonly #keys: AttachmentKeys
  readonly #changes: readonly CheckedChange[]

  private constructor(
    context: StoreContext,
    state: ThreadState,
    keys: AttachmentKeys,
    changes: readonly CheckedChange[],
  ) {
    this.#context = context
    this.#state = state
    this.#keys = keys
    this.#changes = changes
  }

  static async of(
    context: StoreContext,
    state: ThreadState,
    changes: readonly CheckedChange[],
  ): Promise<AppendedAttachments> {
    const keys = await AttachmentKeys.of(context, state)
    return new AppendedAttachments(context, state, keys, changes)
  }

  /** The lines begin at the thread's tail, as in `AppendQueue.commit`; refuses in the caller's turn. */
  async commitWith(lines: PreparedLines, tag: Uint8Array | undefined): Promise<void> {
    const { appends, journal } = this.#context
    const unclaim = this.#keys.claim(this.#changes)
    try {
      const rows = this.#keys.operationsOf(this.#changes, journal.storeTimeMs())
      await appends.commit(this.#state, lines, { tag, rows })
    } catch (error) {
      unclaim()
      throw error
    }
    this.#keys.noteCommitted(this.#changes)
  }

  /** Without lines. An idempotency key is kept in the same batch, so that a repeat puts nothing again. */
  async commitAlone(kept: Omit<KeptKey, 'atMs'> | undefined): Promise<void> {
    const { journal } = this.#context
    const { threadId } = this.#state
    await journal.commit(() => {
      refuseHidden(this.#context, threadId)
      this.#keys.claim(this.#changes)
      const nowMs = journal.storeTimeMs()
      const operations = this.#keys.operationsOf(this.#changes, nowMs)
      const applied = (): void => this.#keys.noteCommitted(this.#changes)
      if (!kept) return { operations, applied }
      this.#state.keys ??= new IdempotencyKeys()
      const { keys } = this.#state
      keys.add({ ...kept, atMs: nowMs }, nowMs)
      const saved = keys.beginSave()
      operations.push({ type: 'put', key: keysKey(threadId), body: keys.encode() })
      return {
        operations,
        applied: () => {
          applied()
          saved()
        },
      }
    })
  }
}
