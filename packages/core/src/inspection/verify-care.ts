// What a store remembers of how threads are to be kept: holds against their index, and the retention policy.

import { isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { checkPolicy } from '../retention/policy.js'
import { readPolicy } from '../retention/stored-policy.js'
import { rowsUnder } from '../rows-under.js'
import { holdsPrefix, idOfKey } from '../threads/index-keys.js'
import type { ThreadState } from '../threads/thread-state.js'
import type { Report } from './verify-store.js'

/** A hold that the index does not have is not listed, and nobody would know why a delete is refused. */
export async function verifyHold(
  context: StoreContext,
  { row, threadId }: ThreadState,
  report: Report,
): Promise<void> {
  if (!row.hold || (await context.journal.get(`${holdsPrefix}${threadId}`))) return
  report('HOLD_DIFFERS', threadId, 'it is on hold and not in the list of holds')
}

export async function verifyHoldIndex(context: StoreContext, report: Report): Promise<void> {
  for await (const [key] of rowsUnder(context.journal, holdsPrefix)) {
    const threadId = idOfKey(key)
    if (context.dead.has(threadId)) continue
    const state = await context.threads.load(threadId)
    if (!state?.row.hold) report('HOLD_DIFFERS', threadId, 'it is listed as held and is not')
  }
}

export async function verifyPolicy(context: StoreContext, report: Report): Promise<void> {
  try {
    const policy = await readPolicy(context)
    if (policy) checkPolicy(policy)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    report(isStoreError(error) ? error.code : 'RETENTION_UNREADABLE', null, `retention: ${why}`)
  }
}
