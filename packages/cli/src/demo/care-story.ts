// Between use and deletion: a thread is kept by a hold, a deletion with a date is taken back, and a pasted secret is taken
// out of a thread that lives on.

import { isStoreError, type ThreadStore, type ThreadView } from '@cenotaph/core'
import { searchRoot } from './search-root.js'
import type { Scene } from './story.js'

const secret = 'almanac-key-7c1f0e92b4d84a6f9e55'

export async function showCare(
  { report, disk, root }: Pick<Scene, 'report' | 'disk' | 'root'>,
  store: ThreadStore,
  { held, scheduled, redacted }: Record<'held' | 'scheduled' | 'redacted', ThreadView>,
): Promise<void> {
  await report.step('Be careful: hold, schedule, restore, redact')
  await store.holdThread(held.threadId, 'the auditors want it')
  const refusal = await store.deleteThread(held.threadId).then(
    () => undefined,
    (error: unknown) => (isStoreError(error) ? error.code : undefined),
  )
  await report.check(
    `“${held.name}” is on hold; a delete is refused: ${refusal}`,
    refusal === 'THREAD_HELD',
  )

  const { deleteAfter } = await store.deleteThread(scheduled.threadId, { in: '30d' })
  const { threads } = await store.listThreads()
  const isHidden = threads.every(({ threadId }) => threadId !== scheduled.threadId)
  await store.restoreThreads([scheduled.threadId])
  const { state } = await store.status(scheduled.threadId)
  await report.check(
    `“${scheduled.name}” was scheduled for deletion in 30 days, in no list, and taken back`,
    deleteAfter !== null && isHidden && state === 'active',
  )

  const item = { type: 'message', role: 'user', content: [{ type: 'input_text', text: secret }] }
  const { lastOrdinal } = await store.appendItems(redacted.threadId, [
    { type: 'response_item', payload: item },
  ])
  const before = await searchRoot(disk, root, [secret])
  const { receipt } = await store.redactItems(redacted.threadId, [lastOrdinal!], 'a pasted key')
  const after = await searchRoot(disk, root, [secret])
  await report.check(
    `a key pasted into “${redacted.name}” is redacted: it was in ${before.places.length} files, and is in ${after.places.length}`,
    receipt?.state === 'erased' && before.places.length > 0 && after.places.length === 0,
  )
}
