// Attachments of one thread: every head has its bytes and every bytes a head, and the secret makes their handles.

import {
  bytesKey,
  decodeHead,
  handleOf,
  headsPrefix,
  secretKey,
} from '../attachments/attachment-format.js'
import type { StoreContext } from '../context.js'
import { rowsUnder } from '../rows-under.js'
import type { ThreadState } from '../threads/thread-state.js'
import type { Report } from './verify-store.js'

export async function verifyAttachments(
  context: StoreContext,
  { threadId }: ThreadState,
  report: Report,
): Promise<void> {
  // Puts go on meanwhile, in batches that have head and bytes: what looks wrong is looked at with writers kept out.
  if (!(await differing(context, threadId))) return
  const release = await context.locks.acquire({ exclusive: [threadId] })
  try {
    if (context.dead.has(threadId)) return
    const differs = await differing(context, threadId)
    if (differs) report('ATTACHMENT_DIFFERS', threadId, differs)
  } finally {
    release()
  }
}

async function differing(
  context: StoreContext,
  id: ThreadState['threadId'],
): Promise<string | undefined> {
  const sizes = new Map<string, number>()
  const secret = await context.journal.get(secretKey(id))
  for await (const [key, body] of rowsUnder(context.journal, headsPrefix(id))) {
    const handle = key.slice(headsPrefix(id).length)
    const head = decodeHead(body)
    if (!head || !secret) return head ? 'the secret is missing' : 'a name cannot be read'
    if (handleOf(secret, head) !== handle) return 'a name and its handle differ'
    sizes.set(handle, head.bytes)
  }
  const prefix = bytesKey(id, '')
  for await (const [key, body] of rowsUnder(context.journal, prefix)) {
    const handle = key.slice(prefix.length)
    if (sizes.get(handle) !== body.length) return 'bytes differ from what the name says'
    sizes.delete(handle)
  }
  return sizes.size > 0 ? 'bytes are missing' : undefined
}
