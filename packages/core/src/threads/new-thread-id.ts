import type { ThreadId } from '@cenotaph/rollout'
import type { Clock, Entropy } from '@cenotaph/storage'

/** A UUIDv7, as Codex's file names need it, from the store's own clock and entropy. */
export async function newThreadId(clock: Clock, entropy: Entropy): Promise<ThreadId> {
  // Its twenty modules are loaded by who makes a thread, and not by every run of a command.
  const { v7 } = await import('uuid')
  return v7({ msecs: clock.wallMs(), random: entropy.bytes(16) }) as ThreadId
}
