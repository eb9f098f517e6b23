// What a journal is opened with.

import type { Clock, Disk, Entropy } from '@cenotaph/storage'
import type { Level } from './level.js'

export interface JournalOptions {
  /** Open, with the journal as its only user from now on; `close` closes it. */
  readonly level: Level
  readonly disk: Disk
  readonly anchorPath: string
  readonly clock: Clock
  readonly entropy: Entropy
  /** A store that is being made: no anchor may exist. */
  readonly fresh: boolean
}
