// Registering and forgetting a participant. One batch has the registration and the event; the code is memory, so there
// are no steps. Registering a forgotten name makes it active again; a name that is active already changes nothing.
// Survives: a crash before or after the batch. The name is in the registry, or forgotten, or it is not.

import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { type Change, defineOperation, type OperationDefinition } from './operation.js'

interface NameArgs {
  readonly name: string
}

/** No thread has such an id. */
const registryLock = 'p/'

export const registerParticipant = registryOperation<NameArgs>(
  'participant-register',
  (context, { name }) => {
    const known = context.participants.get(name)
    if (known && !known.forgotten) return {}
    const atMs = context.journal.storeTimeMs()
    return {
      ...context.participants.put({ name, registeredAtMs: known?.registeredAtMs ?? atMs }),
      events: [{ type: 'participant.registered', threadId: null, payload: { name } }],
    }
  },
)

/** A name that is forgotten already stays as it was. @throws PARTICIPANT_NOT_FOUND */
export const forgetParticipant = registryOperation<NameArgs & { readonly reason: string }>(
  'participant-forget',
  (context, { name, reason }) => {
    const known = context.participants.get(name)
    if (!known) {
      throw new StoreError('PARTICIPANT_NOT_FOUND', 'there is no participant of this name', {
        detail: { name },
      })
    }
    if (known.forgotten) return {}
    const atMs = context.journal.storeTimeMs()
    return {
      ...context.participants.put({ ...known, forgotten: { atMs, reason } }),
      events: [{ type: 'participant.forgotten', threadId: null, payload: { name, reason } }],
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
