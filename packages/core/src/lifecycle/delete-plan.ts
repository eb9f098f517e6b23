// What a delete journals: the set, 16 bytes an id, and behind it the few facts that the receipt tells. Everything
// else is read from the rows, which stay until the scrub.

import type { ThreadId } from '@cenotaph/rollout'
import type { ForksMode } from '../erasure/delete-scope.js'
import type { ReceiptFile } from '../proof/index.js'
import type { Fork } from '../threads/relatives.js'
import { packUuidsNow, unpackUuids } from '../tombstones/index.js'

export interface DeletePlan {
  readonly threadIds: readonly ThreadId[]
  readonly planId: string
  readonly forks: ForksMode
  readonly detach: readonly ThreadId[]
  /** Threads that detaching may rewrite. */
  readonly rewritten: readonly ThreadId[]
  /**
   * Handles of the directories that the threads have or had. Their rows tell no more once the scrub has begun, and a
   * path whose last thread dies must go even if the process does not live to see it.
   */
  readonly directories: readonly string[]
  readonly survivors: readonly Fork[]
  /**
   * Names in the registry of participants, filled in the turn in which the delete is committed: who registers later is
   * not part of it. Absent where a repair found only the tombstone: then all that the registry has take part.
   */
  readonly participants?: string[]
  readonly alreadyDeleted: readonly { readonly threadId: ThreadId; readonly receiptId: string }[]
  readonly reason: string | null
  readonly requestedBy: string | null
  readonly requestedAtMs: number
  readonly committedAtMs: number
  readonly files: readonly ReceiptFile[]
  readonly fileCount: number
  /** Files that have other names, outside of what the delete can reach. */
  readonly hardLinks: number
  readonly bytes: number
  readonly items: number
}

/** The plan of a delete of which only the tombstone is left: its facts are lost, and its receipt will not tell them. */
export const unfinishedDelete = (set: {
  readonly ids: readonly ThreadId[]
  readonly at: number
}): DeletePlan => ({
  threadIds: set.ids,
  planId: '',
  forks: 'refuse',
  detach: [],
  rewritten: [],
  directories: [],
  survivors: [],
  alreadyDeleted: [],
  reason: null,
  requestedBy: null,
  requestedAtMs: set.at,
  committedAtMs: set.at,
  files: [],
  fileCount: 0,
  hardLinks: 0,
  bytes: 0,
  items: 0,
})

/** Length of the ids (4 bytes, little endian) · ids · the rest as JSON. */
export function encodeDeletePlan(
  { threadIds, ...rest }: DeletePlan,
  packedIds: Uint8Array = packUuidsNow(threadIds),
): Uint8Array {
  const head = Buffer.alloc(4)
  head.writeUInt32LE(packedIds.length)
  return Buffer.concat([head, packedIds, Buffer.from(JSON.stringify(rest))])
}

export function decodeDeletePlan(body: Uint8Array): DeletePlan {
  const bytes = Buffer.from(body)
  const end = 4 + bytes.readUInt32LE(0)
  const threadIds = unpackUuids(bytes.subarray(4, end))
  const rest = JSON.parse(bytes.subarray(end).toString()) as Omit<DeletePlan, 'threadIds'>
  return { threadIds, ...rest }
}
