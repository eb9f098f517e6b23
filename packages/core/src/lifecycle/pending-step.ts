// What an open operation waits for, as its caller and everybody who asks for its state are told.

import { isStoreError, type StoreError } from '@cenotaph/storage'
import type { WaitingParticipant } from '../participants/erase-with-participants.js'
import type { PendingStep } from './delete-result.js'
import type { OpenOperation } from './open-operations.js'

/** `first`: the step that an operation which has not failed yet may be at. */
export const pendingOf = (open: OpenOperation, first: string): readonly PendingStep[] => [
  {
    step: open.failedStep ?? first,
    reason: reasonOf(open.failure),
    nextTry: open.nextTryMs === undefined ? null : new Date(open.nextTryMs).toISOString(),
    attempts: open.attempts,
    participants: waitingOf(open.failure),
  },
]

function waitingOf(failure: StoreError | undefined): readonly WaitingParticipant[] {
  const cause = failure?.cause
  if (!isStoreError(cause)) return []
  return (cause.detail.participants ?? []) as readonly WaitingParticipant[]
}

function reasonOf(failure: StoreError | undefined): string {
  if (!failure) return 'in progress'
  const cause = isStoreError(failure.cause) ? failure.cause : failure
  const { errno } = cause.detail
  return typeof errno === 'string' ? `${cause.code} ${errno}` : cause.code
}
