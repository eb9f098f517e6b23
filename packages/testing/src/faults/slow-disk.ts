// A disk on which every call takes time: of a clock that a test steers, so that nothing depends on how long it really
// takes. What runs while a write is slow meets it half-way.

import type { Clock, Disk } from '@cenotaph/storage'
import { type DiskCall, faultyDisk } from './faulty-disk.js'

export interface SlowDiskOptions {
  readonly disk: Disk
  readonly clock: Pick<Clock, 'schedule'>
  /** Milliseconds for a call; none for 0. */
  readonly delayMs: (call: DiskCall, path: string) => number
}

export const slowDisk = ({ disk, clock, delayMs }: SlowDiskOptions): Disk =>
  faultyDisk({
    disk,
    judge: () => undefined,
    async beforeCall(call, path) {
      const ms = delayMs(call, path)
      if (ms > 0) await new Promise<void>((resolve) => clock.schedule(ms, resolve))
    },
  })
