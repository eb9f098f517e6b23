// The receipt of a redaction: the same form as that of a delete, with the lines that it took.

import type { OperationId } from '@cenotaph/journal'
import type { StoreContext } from '../context.js'
import { issueReceiptOf, outOfReachOf, stepsOf, verificationOf } from '../erasure/delete-receipt.js'
import {
  type Receipt,
  type ReceiptBody,
  type ReceiptRedaction,
  receiptVersion,
} from '../proof/index.js'
import { spansHold } from './ordinal-spans.js'
import type { RedactTarget } from './redact-lines.js'
import type { RedactPlan } from './redact-plan.js'

export const issueRedactionReceipt = (
  context: StoreContext,
  plan: RedactPlan,
  operationId: OperationId,
): Promise<Receipt> =>
  issueReceiptOf(context, operationId, {
    type: 'redaction.erased',
    payload: { receiptId: operationId, threads: plan.owners.length, items: plan.items },
    bodyOf: (foreign) => bodyOf(context, plan, operationId, foreign),
  })

const iso = (ms: number): string => new Date(ms).toISOString()

function bodyOf(
  context: StoreContext,
  plan: RedactPlan,
  operationId: OperationId,
  foreign: number,
): ReceiptBody {
  const deletion = context.deletions.of(operationId)
  return {
    version: receiptVersion,
    receiptId: operationId,
    threadIds: plan.owners,
    alreadyDeleted: [],
    requestedAt: iso(plan.requestedAtMs),
    committedAt: iso(plan.committedAtMs),
    erasedAt: iso(context.journal.storeTimeMs()),
    state: 'erased',
    reason: plan.reason,
    requestedBy: plan.requestedBy,
    steps: stepsOf('redact', deletion),
    participants: [],
    files: plan.files,
    bytes: plan.bytes,
    items: plan.items,
    survivingForks: plan.copies.map((threadId) => ({ threadId, kind: 'copy' })),
    verification: verificationOf(deletion),
    outOfReach: [
      ...outOfReachOf(context, plan.hardLinks, foreign),
      'the lengths of the redacted lines, which stay',
      ...participantsOutOfReach(context),
      ...plan.unsearched,
      ...(plan.copies.length > 0 ? ['surviving forks, which hold copies of the lines'] : []),
    ],
    redaction: redactionOf(plan),
    publicKey: context.signingKey.publicKey,
  }
}

/** They are asked to erase whole threads, and may hold copies of lines. */
const participantsOutOfReach = ({ participants }: StoreContext): string[] => {
  const names = participants.names()
  return names.length === 0 ? [] : [`what the participants ${names.join(', ')} hold of the lines`]
}

const redactionOf = (plan: RedactPlan): ReceiptRedaction => ({
  ordinals: ordinalsOf(plan.targets),
  lengthsStay: true,
  attachments: plan.attachments,
  events: plan.events,
  quarantined: plan.pieces.length,
})

export interface RedactedSpan {
  readonly threadId: RedactTarget['threadId']
  readonly from: number
  readonly to: number
}

/** One list a thread, whichever of its rollouts has the lines. */
export function ordinalsOf(targets: readonly RedactTarget[]): RedactedSpan[] {
  const spans: RedactedSpan[] = []
  for (const { threadId, spans: found } of targets) {
    const known = spans.filter((span) => span.threadId === threadId)
    for (const { from, to } of found) {
      if (spansHold(known, from) && spansHold(known, to)) continue
      spans.push({ threadId, from, to })
    }
  }
  return spans
}
