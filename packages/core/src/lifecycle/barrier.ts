// The barrier before an operation that moves, rewrites or removes rollouts: the threads' appends are settled
// first. Afterwards no journal record names their bytes, so that no replay can write old bytes into a new file;
// the generation that the operation raises guards the records of its own time.

import type { ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { inPieces } from '../in-pieces.js'
import type { LockRequest, Release } from '../threads/lock-table.js'

/** Call with the exclusive locks of the threads held. */
export async function settleAppends(
  context: StoreContext,
  ids: readonly ThreadId[],
): Promise<void> {
  let journaled = false
  for await (const piece of inPieces(ids)) {
    for (const id of piece) {
      const state = context.threads.peek(id)
      if (!state) continue
      await context.appends.flush(state)
      await context.writers.close(id)
      journaled ||= context.checkpoints.holds(state.lastSequence)
    }
  }
  if (journaled) await context.checkpoints.run()
}

/**
 * As {@link gatherLocked}, with the shared locks taken in the store that those threads are in. A store in memory takes
 * the exclusive ones on disk as well, where there is a store on disk: an id is one thread, wherever it is.
 */
export async function gatherBeside<State>(
  context: StoreContext,
  home: StoreContext,
  request: LockRequest,
  read: () => Promise<State>,
): Promise<{ state: State; locks: Release }> {
  const durable = context.options.companion.durable?.()
  if (!durable) return gatherLocked(context, request, read)
  const { shared: _shared, ...own } = request
  const released = await durable.locks.acquire(home === durable ? request : own)
  try {
    const inside = home === durable ? own : request
    const { state, locks } = await gatherLocked(context, inside, read)
    return {
      state,
      locks: () => {
        locks()
        released()
      },
    }
  } catch (error) {
    released()
    throw error
  }
}

/** Takes the locks, then the barrier over the exclusive ones, then reads; releases all if any of it throws. */
export async function gatherLocked<State>(
  context: StoreContext,
  request: LockRequest,
  read: () => Promise<State>,
): Promise<{ state: State; locks: () => void }> {
  const locks = await context.locks.acquire(request)
  try {
    if (context.journal.failure) throw context.journal.failure
    await settleAppends(context, (request.exclusive ?? []) as ThreadId[])
    return { state: await read(), locks }
  } catch (error) {
    locks()
    throw error
  }
}
