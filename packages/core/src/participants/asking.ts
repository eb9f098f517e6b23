// Asks one participant to erase, and then whether anything is left. Its code is the host's: it may hang, throw, lie, or
// ignore the signal. Whatever it does, the answer comes within the time for each call, and at once when the store closes.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import type { Participant, ParticipantContext } from './participant.js'

/** Ids of one call. */
const IDS_MAX = 1_000

/** What went wrong: codes of ours, because messages of hosts may hold text of threads. */
export type ParticipantTrouble = 'missing' | 'timeout' | 'threw' | 'left' | 'invalid'

export interface Asked {
  readonly trouble: Exclude<ParticipantTrouble, 'missing'>
  /** What the host threw: for the caller in this process, never for the disk. */
  readonly cause?: unknown
}

export interface Asking {
  readonly threadIds: readonly ThreadId[]
  readonly operationId: string
  readonly attempt: number
}

/** Undefined where all is erased and verified. @throws STORE_CLOSED */
export async function askParticipant(
  context: StoreContext,
  participant: Participant,
  asking: Asking,
): Promise<Asked | undefined> {
  try {
    for (const ids of pagesOf(asking.threadIds))
      await bounded(context, asking, (called) => participant.erase(ids, called))
    for (const ids of pagesOf(asking.threadIds)) {
      const left: unknown = await bounded(context, asking, (called) =>
        participant.verify(ids, called),
      )
      if (!Array.isArray(left)) return { trouble: 'invalid' }
      if (left.length > 0) return { trouble: 'left' }
    }
    return undefined
  } catch (cause) {
    if (context.closing.aborted) throw new StoreError('STORE_CLOSED', 'the store is closing')
    return cause === outOfTime ? { trouble: 'timeout' } : { trouble: 'threw', cause }
  }
}

/** A list of its own for each call: the host may keep it or change it. */
function* pagesOf(ids: readonly ThreadId[]): Generator<readonly ThreadId[]> {
  for (let start = 0; start < ids.length; start += IDS_MAX) yield ids.slice(start, start + IDS_MAX)
}

const outOfTime = Symbol('out of time')

function bounded<T>(
  { clock, closing, options }: StoreContext,
  { operationId, attempt }: Asking,
  call: (called: ParticipantContext) => Promise<T>,
): Promise<T> {
  const timeoutMs = options.participantTimeoutMs
  const ended = new AbortController()
  return new Promise<T>((resolve, reject) => {
    if (closing.aborted) return reject(outOfTime)
    // A host that hangs never ends its call, so whatever comes first takes timer and listener away.
    const letGo = (): void => {
      cancel()
      closing.removeEventListener('abort', giveUp)
    }
    const giveUp = (): void => {
      letGo()
      // First the promise: what the host does on the signal comes too late to matter.
      reject(outOfTime)
      ended.abort()
    }
    const cancel = clock.schedule(timeoutMs, giveUp)
    closing.addEventListener('abort', giveUp)
    const { signal } = ended
    const run = async (): Promise<T> => call({ signal, operationId, attempt, timeoutMs })
    run().then(resolve, reject).finally(letGo)
  })
}
