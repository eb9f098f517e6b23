// Registering and forgetting a participant. One batch has the registration and the event; the code is memory, so there
// are no steps. Registering a forgotten name makes it active again; a name that is active already changes nothing.
// Survives: a crash before or after the batch. The name is in the registry, or forgotten, or it is not.

import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import type { Participant } from '../participants/participant.js'
import { type Change, defineOperation, type OperationDefinition } from './operation.js'

interface NameArgs {
  readonly name: string
}

/** No thread has such an id. */
const registryLock = 'p/'

/** `code`: put in place in the turn of the commit, where a forgetting that came before has taken it away. */
export const registerParticipant = registryOperation<NameArgs & { readonly code?: Participant }>(
  'participant-register',
  (context, { name, code }) => {
    const { participants } = context
    const known = participants.get(name)
    const putCode = (): void => {
      if (code) participants.code.set(name, code)
    }
    if (known && !known.forgotten) return { applied: putCode }
    const atMs = context.journal.storeTimeMs()
    const change = participants.put({ name, registeredAtMs: known?.registeredAtMs ?? atMs })
    return {
      operations: change.operations,
      events: [{ type: 'participant.registered', threadId: null, payload: { name } }],
      applied() {
        change.applied()
        putCode()
      },
    }
  },
)

/** A name that is forgotten already stays as it was. @throws PARTICIPANT_NOT_FOUND */
export const forgetParticipant = registryOperation<NameArgs & { readonly reason: string }>(
  'participant-forget',
  (context, { name, reason }) => {
    const { participants } = context
    const known = participants.get(name)
    if (!known) {
      throw new StoreError('PARTICIPANT_NOT_FOUND', 'there is no participant of this name', {
        detail: { name },
      })
    }
    const dropCode = (): void => {
      participants.code.delete(name)
    }
    if (known.forgotten) return { applied: dropCode }
    const atMs = context.journal.storeTimeMs()
    const change = participants.put({ ...known, forgotten: { atMs, reason } })
    return {
      operations: change.operations,
      events: [{ type: 'participant.forgotten', threadId: null, payload: { name, reason } }],
      applied() {
        change.applied()
        dropCode()
      },
    }
  },
)

function registryOperation<Args extends NameArgs>(
  name: string,
  change: (context: StoreContext, args: Args) => Change,
): OperationDefinition<Args, Args, object, void> {
  return defineOperation<Args, Args, object, void>({
    name,
    gather: async (context, args) => ({
      state: args,
      locks: await context.locks.acquire({ exclusive: [registryLock] }),
    }),
    plan: () => ({}),
    commit: (context, _plan, _operationId, args) => change(context, args),
    steps: [],
    result: async () => {},
    locksOf: () => ({ exclusive: [registryLock] }),
    threadsOf: () => [],
  })
}
