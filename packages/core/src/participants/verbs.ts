// The verbs about participants. Registering and forgetting wake the deletes that wait for the name.

import type { StoreContext } from '../context.js'
import { decodeDeletePlan } from '../lifecycle/delete-plan.js'
import type { OpenOperation } from '../lifecycle/open-operations.js'
import { forgetParticipant, registerParticipant } from '../lifecycle/participant.js'
import { runOperation } from '../lifecycle/run-operation.js'
import { retryNow } from '../recovery/retry.js'
import {
  checkForgetReason,
  checkParticipant,
  checkParticipantName,
  type Participant,
  refuseOther,
} from './participant.js'

export interface ParticipantView {
  readonly name: string
  /** ISO 8601 UTC, store time. */
  readonly registered: string
  readonly forgotten: { readonly at: string; readonly reason: string } | null
  /** Its code is registered in this process. */
  readonly present: boolean
}

/** The name is durable when it resolves. @throws ARGUMENT_INVALID, PARTICIPANT_EXISTS */
export async function register(
  context: StoreContext,
  participant: Participant,
): Promise<() => void> {
  checkParticipant(participant)
  const { name } = participant
  const { code } = context.participants
  refuseOther(code, participant)
  const wasThere = code.has(name)
  code.set(name, participant)
  try {
    await runOperation(context, registerParticipant, { name, code: participant })
  } catch (error) {
    if (!wasThere && code.get(name) === participant) code.delete(name)
    throw error
  }
  wakeDeletes(context, name)
  return () => {
    if (code.get(name) === participant) code.delete(name)
  }
}

/** Durable when it resolves. @throws ARGUMENT_INVALID, PARTICIPANT_NOT_FOUND */
export async function forget(context: StoreContext, name: string, reason: string): Promise<void> {
  checkParticipantName(name)
  checkForgetReason(reason)
  await runOperation(context, forgetParticipant, { name, reason })
  wakeDeletes(context, name)
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** In the order of their names, forgotten ones included. */
export const listParticipants = ({ participants }: StoreContext): readonly ParticipantView[] =>
  participants.all().map(({ name, registeredAtMs, forgotten }) => ({
    name,
    registered: iso(registeredAtMs),
    forgotten: forgotten ? { at: iso(forgotten.atMs), reason: forgotten.reason } : null,
    present: participants.code.has(name),
  }))

/** Names that were handed to the opening itself, so that deletes found open can end within it. */
export async function registerPresent(context: StoreContext): Promise<void> {
  for (const name of context.participants.code.keys())
    await runOperation(context, registerParticipant, { name })
}

/** In the background: what comes of it, `status` and the next caller see. */
function wakeDeletes(context: StoreContext, name: string): void {
  for (const operation of context.openOperations.all()) {
    if (operation.kind !== 'delete' || !waitsFor(context, operation, name)) continue
    // A try that is under way may have passed the name already.
    const before = operation.trying ?? Promise.resolve()
    before
      .catch(() => {})
      .then(() => retryNow(context, operation.id))
      .catch(() => {})
  }
}

function waitsFor(context: StoreContext, operation: OpenOperation, name: string): boolean {
  if (context.deletions.of(operation.id).participants.get(name)?.outcome === 'erased') return false
  const { participants } = decodeDeletePlan(operation.body)
  return participants?.includes(name) ?? true
}
