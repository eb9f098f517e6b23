// What openThreadStore can be told, and what holds where it is told nothing.

import {
  type Clock,
  type Disk,
  type Entropy,
  nodeClock,
  nodeDisk,
  nodeEntropy,
} from '@cenotaph/storage'

export interface ThreadStoreOptions {
  /** Ports, for tests and other platforms. */
  readonly disk?: Disk
  readonly clock?: Clock
  readonly entropy?: Entropy
  /** What of an item is kept: `limited` (default) as Codex does, `extended` with command output. */
  readonly persistence?: 'limited' | 'extended'
  /** Longest line read or written, in bytes with its newline. Default 64 MiB. */
  readonly maxLineBytes?: number
  /** Appends above this go to the rollout first and to the journal by reference. Default 256 KiB. */
  readonly referenceBytesMin?: number
  /** A checkpoint runs after this many journaled bytes. Default 16 MiB. */
  readonly checkpointBytes?: number
  /** A checkpoint runs when nothing was appended for this long. Default 30,000 ms. */
  readonly quietMs?: number
  /** Buffered items are committed no later than this. Default 1,000 ms. */
  readonly bufferedMs?: number
  /** First pause before a failed step of a delete is tried again; doubles up to an hour. Default 1,000 ms. */
  readonly retryMs?: number
  /** Bytes given up when a delete, a recovery or a close meets a full disk. Default 8 MiB. */
  readonly ballastBytes?: number
  /** LOG and MANIFEST together may reach this before LevelDB is reopened. Default 32 MiB. */
  readonly levelLogBytesMax?: number
  /** Called at every named instant of every operation; the seam for crash tests. */
  readonly crashPoint?: (name: string) => void | Promise<void>
  /** Who asks, for receipts. Default `process <pid>`. */
  readonly requestedBy?: string
}

export type ResolvedOptions = Required<ThreadStoreOptions>

export const noCrashPoint = (): void => {}

const MiB = 1024 * 1024

export const resolveOptions = (options: ThreadStoreOptions): ResolvedOptions => ({
  disk: nodeDisk,
  clock: nodeClock,
  entropy: nodeEntropy,
  persistence: 'limited',
  maxLineBytes: 64 * MiB,
  referenceBytesMin: 256 * 1024,
  checkpointBytes: 16 * MiB,
  quietMs: 30_000,
  bufferedMs: 1_000,
  retryMs: 1_000,
  ballastBytes: 8 * MiB,
  levelLogBytesMax: 32 * MiB,
  crashPoint: noCrashPoint,
  requestedBy: `process ${process.pid}`,
  ...options,
})
