// Attachments that a database which is set aside can still tell. Heads are read first, then the bytes of some of them at
// a time, so that memory does not grow with what a store holds. A thread whose secret is lost gets a new one: heads say
// what their attachments are called.

import { type Journal, salvageLevel, unseal } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import type { Disk, Entropy } from '@cenotaph/storage'
import {
  type AttachmentHead,
  bytesKey,
  decodeHead,
  handleOf,
  headsPrefix,
  putOperations,
  SECRET_BYTES,
  secretKey,
} from '../attachments/attachment-format.js'
import type { Lost } from './repair-store.js'

const BYTES_AT_ONCE = 32 * 1024 * 1024

interface FoundHead {
  readonly threadId: ThreadId
  readonly handle: string
  readonly head: AttachmentHead
}

export interface SalvagedAttachments {
  readonly heads: readonly FoundHead[]
  readonly secrets: ReadonlyMap<ThreadId, Uint8Array>
}

/** What is there by name, of living threads alone. Heads that cannot be read are lost. */
export async function findAttachments(
  disk: Disk,
  folder: string,
  living: readonly ThreadId[],
  lost: Lost[],
): Promise<SalvagedAttachments> {
  const ids = new Set<string>(living)
  const isWanted = (key: string): boolean =>
    /^t\/[^/]+\/(?:secret|a\/[^/]+)$/.test(key) && ids.has(key.split('/')[1]!)
  const heads: FoundHead[] = []
  const secrets = new Map<ThreadId, Uint8Array>()
  for (const [key, value] of await salvageLevel(disk, folder, isWanted)) {
    const threadId = key.split('/')[1] as ThreadId
    const body = attempt(key, value)
    if (key === secretKey(threadId)) {
      if (body?.length === SECRET_BYTES) secrets.set(threadId, body)
      continue
    }
    const head = body && decodeHead(body)
    if (head) heads.push({ threadId, handle: key.slice(headsPrefix(threadId).length), head })
    else lost.push({ what: 'attachment', threadId, detail: 'its name cannot be read' })
  }
  return { heads, secrets }
}

/** Writes them into a database that is being made, or, without one, only tells what is lost. */
export async function bringBackAttachments(
  found: SalvagedAttachments,
  from: { readonly disk: Disk; readonly folder: string; readonly entropy: Entropy },
  lost: Lost[],
  journal?: Journal,
): Promise<void> {
  const secrets = new Map(found.secrets)
  for (const some of portions(found.heads)) {
    const wanted = new Set(some.map(({ threadId, handle }) => bytesKey(threadId, handle)))
    const values = await salvageLevel(from.disk, from.folder, (key) => wanted.has(key))
    for (const { threadId, handle, head } of some) {
      const key = bytesKey(threadId, handle)
      const value = values.get(key)
      const bytes = value && attempt(key, value)
      if (bytes?.length !== head.bytes) {
        const detail = JSON.stringify([head.kind, head.key])
        lost.push({ what: 'attachment', threadId, detail: `${detail}: its bytes cannot be read` })
        continue
      }
      const secret = secrets.get(threadId) ?? from.entropy.bytes(SECRET_BYTES)
      secrets.set(threadId, secret)
      await journal?.commit(() => ({
        operations: [
          { type: 'put', key: secretKey(threadId), body: secret },
          ...putOperations(threadId, handleOf(secret, head), head, bytes),
        ],
      }))
    }
  }
}

function* portions(heads: readonly FoundHead[]): Generator<readonly FoundHead[]> {
  let some: FoundHead[] = []
  let bytes = 0
  for (const found of heads) {
    some.push(found)
    bytes += found.head.bytes
    if (bytes < BYTES_AT_ONCE) continue
    yield some
    some = []
    bytes = 0
  }
  if (some.length > 0) yield some
}

/** Undefined for what differs from its checksum. */
function attempt(key: string, value: Uint8Array): Uint8Array | undefined {
  try {
    return unseal(key, value)
  } catch {
    return undefined
  }
}
