// Whether what a receipt says can be true together. A signature proves who said it, not that it makes
// sense: a receipt that calls threads erased while it counts residue must not pass.

import type { ReceiptBody, ReceiptEvent, UnsignedReceipt } from './receipt-types.js'

/** Problems of a receipt whose shape fits, none where it is consistent. Each begins with `consistency:`. */
export const consistencyProblems = (receipt: UnsignedReceipt): string[] => [
  ...bodyConsistencyProblems(receipt),
  ...eventConsistencyProblems(receipt, receipt.log.event),
]

/** Those of what the event commits to. */
export function bodyConsistencyProblems(body: ReceiptBody): string[] {
  const problems = [...threadProblems(body), ...timeProblems(body)]
  if (body.state === 'erased') problems.push(...erasedProblems(body))
  return problems.map((problem) => `consistency: ${problem}`)
}

/** Those of the event beside the body. */
export function eventConsistencyProblems(
  { threadIds }: ReceiptBody,
  { threadId }: ReceiptEvent,
): string[] {
  const isItsOwn = threadId === null || (threadIds.length === 1 && threadIds[0] === threadId)
  return isItsOwn ? [] : ['consistency: the event is about another thread']
}

function threadProblems({ threadIds, alreadyDeleted, survivingForks }: ReceiptBody): string[] {
  const problems: string[] = []
  const erased = new Set(threadIds)
  if (erased.size === 0) problems.push('no thread was deleted')
  if (erased.size < threadIds.length) problems.push('a thread is listed twice')
  if (alreadyDeleted.some(({ threadId }) => erased.has(threadId)))
    problems.push('a thread was deleted both now and before')
  if (survivingForks.some(({ threadId }) => erased.has(threadId)))
    problems.push('a deleted thread is listed as a surviving fork')
  return problems
}

function timeProblems({ state, requestedAt, committedAt, erasedAt }: ReceiptBody): string[] {
  const problems: string[] = []
  if (requestedAt > committedAt) problems.push('committed before it was requested')
  if (erasedAt !== null && committedAt > erasedAt) problems.push('erased before it was committed')
  if ((erasedAt === null) !== (state === 'erasing'))
    problems.push('the state and the time of erasure contradict each other')
  return problems
}

function erasedProblems({ verification, steps, participants }: ReceiptBody): string[] {
  const problems: string[] = []
  if (verification === null) problems.push('called erased without a verification')
  else if (verification.residue !== 0) problems.push('called erased although residue was found')
  if (steps.some(({ outcome }) => outcome !== 'done' && outcome !== 'skipped'))
    problems.push('called erased although a step is not done')
  if (participants.some(({ outcome }) => outcome !== 'erased' && outcome !== 'forgotten'))
    problems.push('called erased although a participant has not erased')
  return problems
}
