// What a thread owns beside its lines: values that the host names by kind and key (goals, memories, job assignments).
// They are there as soon as their promise resolves, go with the thread in the commit of its delete, and are erased with
// it. Forks do not inherit them, exports leave them out, backups have them. There are no events for them: a host may
// write often.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { checkOptions, checkText } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { attach, eraseAttachment } from '../lifecycle/attach.js'
import { runOperation } from '../lifecycle/run-operation.js'
import { decodeCursor, encodeCursor } from '../reading/cursor.js'
import { rowsUnder } from '../rows-under.js'
import { requireThread } from '../threads/require-thread.js'
import {
  type AttachmentHead,
  type AttachmentName,
  checkName,
  decodeHead,
  decodeValue,
  headsPrefix,
} from './attachment-format.js'
import { AttachmentKeys, checkChange } from './attachment-keys.js'

export interface PutAttachmentOptions {
  /**
   * Erases the value that was there before, physically, before it resolves. Without it the old bytes stay in LevelDB's
   * files until it compacts them, or until the thread is deleted.
   */
  readonly erasePrevious?: boolean
}

export interface ListAttachmentsOptions {
  readonly kind?: string
  readonly cursor?: string
  /** 1 to 1,000. Default 100. */
  readonly limit?: number
}

export interface AttachmentInfo extends AttachmentName {
  /** Of the value as it is stored: of JSON, the length of its text. */
  readonly bytes: number
  /** ISO 8601 UTC. */
  readonly updatedAt: string
}

export interface AttachmentPage {
  readonly attachments: readonly AttachmentInfo[]
  readonly nextCursor: string | null
}

const LIMIT_DEFAULT = 100
const LIMIT_MAX = 1_000

export class ThreadAttachments {
  readonly threadId: ThreadId
  readonly #context: () => StoreContext
  readonly #writable: () => StoreContext

  /** Use `store.attachments(threadId)`. */
  constructor(threadId: ThreadId, context: () => StoreContext, writable: () => StoreContext) {
    this.threadId = threadId
    this.#context = context
    this.#writable = writable
  }

  /**
   * Stores a value under a kind and a key, both 1 to 200 characters; one that was there is replaced. A `Uint8Array` comes
   * back as one, anything else as the JSON that it is. Durable when it resolves.
   * @throws ATTACHMENT_TOO_LARGE, ATTACHMENTS_TOO_MANY (10,000 a thread), THREAD_ARCHIVED
   */
  async put(
    kind: string,
    key: string,
    value: unknown,
    options: PutAttachmentOptions = {},
  ): Promise<void> {
    checkOptions(options, { erasePrevious: 'flag' })
    const context = this.#writable()
    const change = checkChange({ kind, key, value }, context.options.attachmentBytesMax)
    const operation = options.erasePrevious ? eraseAttachment : attach
    await runOperation(context, operation, { threadId: this.threadId, change })
  }

  /** undefined where there is none. */
  async get(kind: string, key: string): Promise<unknown> {
    checkName(kind, 'kind')
    checkName(key, 'key')
    const context = this.#context()
    const state = await requireThread(context, this.threadId)
    const keys = await AttachmentKeys.of(context, state)
    // One read: head and bytes are of the same put.
    const [head, bytes] = keys.any ? await context.journal.getMany(keys.keysOf({ kind, key })) : []
    await requireThread(context, this.threadId)
    if (!head && !bytes) return undefined
    const known = head && decodeHead(head)
    if (known && bytes?.length === known.bytes) return decodeValue(known, bytes)
    throw new StoreError('LEVEL_DAMAGED', 'head and bytes of an attachment differ', {
      detail: { threadId: this.threadId, key: keys.keysOf({ kind, key })[0] },
    })
  }

  /**
   * Takes an attachment away and erases its bytes, physically, before it resolves; earlier values of it too. False where
   * there was none; then whatever an earlier value may have left is erased all the same. Works in archived threads.
   */
  async delete(kind: string, key: string): Promise<boolean> {
    checkName(kind, 'kind')
    checkName(key, 'key')
    const change = { kind, key, value: undefined }
    return runOperation(this.#writable(), eraseAttachment, { threadId: this.threadId, change })
  }

  /** Names and sizes in the order of kind and key, without reading values. */
  async list(options: ListAttachmentsOptions = {}): Promise<AttachmentPage> {
    const { kind, cursor, limit = LIMIT_DEFAULT } = checkedListOptions(options)
    const query = `attachments ${this.threadId} ${kind ?? ''}`
    const after = cursor === undefined ? undefined : placeOf(decodeCursor(query, cursor))
    const context = this.#context()
    await requireThread(context, this.threadId)
    const heads: AttachmentHead[] = []
    for await (const [key, body] of rowsUnder(context.journal, headsPrefix(this.threadId))) {
      const head = decodeHead(body) ?? damaged(this.threadId, key)
      if (kind !== undefined && head.kind !== kind) continue
      if (after === undefined || compare(head, after) > 0) heads.push(head)
    }
    await requireThread(context, this.threadId)
    heads.sort(compare)
    const page = heads.slice(0, limit)
    const last = heads.length > limit ? page.at(-1) : undefined
    return {
      attachments: page.map(({ kind: ofKind, key, bytes, atMs }) => {
        return { kind: ofKind, key, bytes, updatedAt: new Date(atMs).toISOString() }
      }),
      nextCursor: last ? encodeCursor(query, JSON.stringify([last.kind, last.key])) : null,
    }
  }
}

function checkedListOptions(options: ListAttachmentsOptions): ListAttachmentsOptions {
  checkOptions(options, { limit: 'count' })
  const { kind, cursor, limit = LIMIT_DEFAULT } = options
  if (kind !== undefined) checkName(kind, 'kind')
  if (cursor !== undefined) checkText(cursor, 'cursor')
  if (limit >= 1 && limit <= LIMIT_MAX) return options
  throw new StoreError('ARGUMENT_INVALID', `limit must be 1 to ${LIMIT_MAX}`, {
    detail: { argument: 'limit' },
  })
}

/** @throws CURSOR_INVALID */
function placeOf(position: string): AttachmentName {
  try {
    const [kind, key] = JSON.parse(position) as unknown[]
    if (typeof kind === 'string' && typeof key === 'string') return { kind, key }
  } catch (cause) {
    throw new StoreError('CURSOR_INVALID', 'this is not a cursor', { cause })
  }
  throw new StoreError('CURSOR_INVALID', 'this is not a cursor')
}

function compare(a: AttachmentName, b: AttachmentName): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0
}

const damaged = (threadId: ThreadId, key: string): never => {
  throw new StoreError('LEVEL_DAMAGED', 'the head of an attachment cannot be read', {
    detail: { threadId, key },
  })
}
