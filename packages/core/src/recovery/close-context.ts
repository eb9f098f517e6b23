// Closes a store: what was accepted is made durable, the journal is trimmed and erased, LevelDB lets go of its lock.
// After a failure nothing more is written: the journal holds what recovery needs.

import { removeOwner } from '../root/index.js'
import type { OpenStore } from './open-context.js'

export async function closeContext({ context, close }: OpenStore): Promise<void> {
  close.abort()
  context.appends.stop()
  // What is under way ends first: its next step may be an unlink, which belongs to whoever holds LevelDB's lock.
  await context.locks.close()
  await context.residueSearches.stopped()
  // A store that failed said so to whoever it failed; closing it is then no failure, unless nobody waited.
  const told = context.journal.failure !== undefined && !context.appends.hasLost
  const failures: unknown[] = []
  const attempt = async (run: () => Promise<unknown>): Promise<void> => {
    try {
      await run()
    } catch (error) {
      failures.push(error)
    }
  }
  if (!context.journal.failure) {
    await attempt(() => makeRoomIfFull(context))
    await attempt(() => context.appends.flushAll())
    await attempt(() => context.checkpoints.stopped())
    if (!context.journal.failure) await attempt(() => context.trustedClock.persist())
    if (!context.journal.failure) await attempt(() => context.checkpoints.run({ erase: true }))
  } else {
    await context.checkpoints.stopped()
    // Buffered lines are flushed without a lock, and may be on their way to a file.
    await context.appends.settled()
  }
  const failed = context.journal.failure !== undefined
  await attempt(() => context.writers.closeAll(failed))
  await attempt(() => context.tombstones.close())
  await attempt(() => removeOwner(context.options.disk, context.layout.ownerPath))
  await attempt(() => context.journal.close())
  if (told) return
  if (failures.length > 0) throw failures[0]
  if (context.journal.failure) throw context.journal.failure
}

async function makeRoomIfFull(context: OpenStore['context']): Promise<void> {
  const free = await context.disk.freeBytes(context.layout.root)
  if (free < context.options.ballastBytes) await context.ballast.release()
}
