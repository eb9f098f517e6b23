// The documents of --json that are not what the store answers as it is: members and their order are a contract.

import type { DeleteResult, RedactResult, ThreadStore, ThreadView } from '@cenotaph/core'

export type ThreadDocument = Omit<ThreadView, 'nextOrdinal'>

export function threadDocument({ nextOrdinal: _internal, ...thread }: ThreadView): ThreadDocument {
  return thread
}

/** The threads as they are now; one that died meanwhile is left out. */
export async function threadViews(
  store: ThreadStore,
  ids: readonly string[],
): Promise<readonly ThreadView[]> {
  const views: ThreadView[] = []
  for (const id of ids) {
    const view = await store.readThread(id)
    if (view) views.push(view)
  }
  return views
}

export const threadsDocument = (
  threads: readonly ThreadView[],
): { readonly threads: readonly ThreadDocument[] } => ({ threads: threads.map(threadDocument) })

/** Members in the order of the contract. */
export const deletionDocument = (result: DeleteResult): DeleteResult => ({
  state: result.state,
  planId: result.planId,
  threadIds: result.threadIds,
  alreadyDeleted: result.alreadyDeleted,
  forks: result.forks,
  forksByCopy: result.forksByCopy,
  held: result.held,
  live: result.live,
  spared: result.spared,
  wouldRefuse: result.wouldRefuse,
  bytes: result.bytes,
  files: result.files,
  deleteAfter: result.deleteAfter,
  pending: result.pending,
  receipt: result.receipt,
})

/** As a deletion, with the lines. */
export const redactionDocument = (result: RedactResult): RedactResult => ({
  ...deletionDocument(result),
  redacted: result.redacted,
  lines: result.lines,
  repeatedIn: result.repeatedIn,
  attachments: result.attachments,
  events: result.events,
  quarantined: result.quarantined,
  unnamed: result.unnamed,
})
