import type { ThreadId } from '@cenotaph/rollout'
import type { Clock, Entropy } from '@cenotaph/storage'
import { v7 } from 'uuid'

/** A UUIDv7, as Codex's file names need it, from the store's own clock and entropy. */
export const newThreadId = (clock: Clock, entropy: Entropy): ThreadId =>
  v7({ msecs: clock.wallMs(), random: entropy.bytes(16) }) as ThreadId
