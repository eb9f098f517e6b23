// The step `delete.participants`: every participant that the registry had at the commit is asked to erase the set, all
// at once, each on its own. One that is done is not asked again; one that was forgotten is not asked and named.
// Survives: a crash at any instant. Who was not noted as done is asked again, which its contract allows.

import type { OperationId } from '@cenotaph/journal'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import type { DeletePlan } from '../lifecycle/delete-plan.js'
import type { ReceiptParticipant } from '../proof/index.js'
import { askParticipant, type ParticipantTrouble } from './asking.js'
import { saveProgress } from './progress.js'

/** A participant that a delete waits for. */
export interface WaitingParticipant {
  readonly name: string
  readonly trouble: ParticipantTrouble
  readonly attempts: number
  /** Of one that is missing and was asked before, by whatever process: what that try ended with. Null where none was. */
  readonly lastTrouble: ParticipantTrouble | null
}

interface Trouble extends WaitingParticipant {
  readonly cause?: unknown
}

/** @throws PARTICIPANT_MISSING, PARTICIPANT_FAILED, STORE_CLOSED */
export async function eraseWithParticipants(
  context: StoreContext,
  plan: DeletePlan,
  operationId: OperationId,
): Promise<void> {
  const { participants } = context.deletions.of(operationId)
  const names = plan.participants ?? context.participants.names()
  const open = names.filter((name) => participants.get(name)?.outcome !== 'erased')
  const outcomes = await Promise.allSettled(
    open.map((name) => eraseWith(context, plan, operationId, name)),
  )
  const troubles: Trouble[] = []
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') throw outcome.reason
    if (outcome.value) troubles.push(outcome.value)
  }
  if (troubles.length > 0) throw failureOf(troubles)
}

async function eraseWith(
  context: StoreContext,
  { threadIds }: DeletePlan,
  operationId: OperationId,
  name: string,
): Promise<Trouble | undefined> {
  const { participants } = context.deletions.of(operationId)
  const known = participants.get(name)
  const before = known?.attempts ?? 0
  const isForgotten = (attempts: number): boolean => {
    if (!context.participants.get(name)?.forgotten) return false
    participants.set(name, { outcome: 'forgotten', attempts })
    return true
  }
  if (isForgotten(before)) return undefined
  const code = context.participants.code.get(name)
  if (!code) {
    const lastTrouble = known?.trouble ?? null
    participants.set(name, { ...known, outcome: 'pending', attempts: before })
    return { name, trouble: 'missing', attempts: before, lastTrouble }
  }
  const attempts = before + 1
  participants.set(name, { outcome: 'pending', attempts })
  const asked = await askParticipant(context, code, { threadIds, operationId, attempt: attempts })
  if (!asked) {
    participants.set(name, { outcome: 'erased', attempts })
    await saveProgress(context, operationId)
    return undefined
  }
  // Whoever forgot it while it was asked did not mean to wait for it.
  if (isForgotten(attempts)) return undefined
  participants.set(name, { outcome: 'pending', attempts, trouble: asked.trouble })
  return { name, attempts, lastTrouble: null, ...asked }
}

function failureOf(troubles: readonly Trouble[]): StoreError {
  const missing = troubles.every(({ trouble }) => trouble === 'missing')
  const names = troubles.map(({ name }) => name)
  const waiting = troubles.map(({ cause: _cause, ...told }): WaitingParticipant => told)
  const found = troubles.find((trouble) => trouble.cause !== undefined)
  return new StoreError(
    missing ? 'PARTICIPANT_MISSING' : 'PARTICIPANT_FAILED',
    missing
      ? `participants are not there: ${names.join(', ')}`
      : `participants have not erased: ${names.join(', ')}`,
    {
      retryable: true,
      detail: { names, participants: waiting },
      ...(found ? { cause: found.cause } : {}),
    },
  )
}

/** What the receipt says of them. */
export function receiptParticipants(
  context: StoreContext,
  plan: DeletePlan,
  operationId: OperationId,
): ReceiptParticipant[] {
  const { participants } = context.deletions.of(operationId)
  return (plan.participants ?? [...participants.keys()]).map((name) => {
    const { outcome, attempts } = participants.get(name) ?? { outcome: 'pending', attempts: 0 }
    return { name, outcome, attempts }
  })
}
