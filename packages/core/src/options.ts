// What openThreadStore can be told, and what holds where it is told nothing.

import { fileLevels, type Levels, memoryLevels } from '@cenotaph/journal'
import { type Codec, nativeCodec } from '@cenotaph/rollout'
import {
  type Clock,
  type Disk,
  type Entropy,
  MemoryDisk,
  nodeClock,
  nodeDisk,
  nodeEntropy,
  StoreError,
} from '@cenotaph/storage'
import { checkOptions } from './check-options.js'
import {
  type CompressionOptions,
  type CompressionPolicy,
  compressionPolicy,
} from './compression/policy.js'
import { alone, type Companion } from './ephemeral/companion.js'
import {
  type Participant,
  type ParticipantCode,
  participantCode,
} from './participants/participant.js'

export interface ThreadStoreOptions {
  /** Ports, for tests and other platforms. */
  readonly disk?: Disk
  readonly clock?: Clock
  readonly entropy?: Entropy
  readonly levels?: Levels
  readonly codec?: Codec
  /**
   * What of an item is kept: `limited` (default) as Codex does, `extended` with command output. `none` keeps the whole
   * store in memory: nothing is made under the root or read from it, and all is gone at close.
   */
  readonly persistence?: 'limited' | 'extended' | 'none'
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
  /** Longest value of an attachment, in bytes. Default 1 MiB, at most 16 MiB. */
  readonly attachmentBytesMax?: number
  /** Compresses cold threads in the background of a store that stays open. Default: nothing is compressed unasked. */
  readonly compression?: CompressionOptions
  /** Code that takes part in every delete. The names are registered as the store opens. Default none. */
  readonly participants?: readonly Participant[]
  /** Time for each call of a participant. Default 30,000 ms. */
  readonly participantTimeoutMs?: number
  /** Called at every named instant of every operation; the seam for crash tests. */
  readonly crashPoint?: (name: string) => void | Promise<void>
  /** Who asks, for receipts. Default `process <pid>`. */
  readonly requestedBy?: string
}

/** What has no default value here. */
type Unfilled = 'persistence' | 'compression'

export interface ResolvedOptions extends Required<Omit<ThreadStoreOptions, Unfilled>> {
  readonly persistence: 'limited' | 'extended'
  readonly compression: CompressionPolicy | undefined
  /** The store is in memory: `disk` and `levels` are. */
  readonly ephemeral: boolean
  /** Where the host's own files are: what is imported, and where exports and backups go. */
  readonly hostDisk: Disk
  readonly companion: Companion
  /** Of `participants` and of those that were registered since. */
  readonly participantCode: ParticipantCode
  /** Overwrites what a store in memory held. */
  readonly forget?: () => Promise<void>
}

export const noCrashPoint = (): void => {}

const MiB = 1024 * 1024

/** @throws ARGUMENT_INVALID */
export function resolveOptions(options: ThreadStoreOptions): ResolvedOptions {
  checkOptions(options, {
    persistence: ['limited', 'extended', 'none'],
    attachmentBytesMax: 'count',
  })
  const { attachmentBytesMax = 0 } = options
  if (attachmentBytesMax > 16 * MiB)
    throw new StoreError('ARGUMENT_INVALID', 'attachmentBytesMax is at most 16 MiB')
  checkTimeout(options.participantTimeoutMs)
  const code = participantCode(options.participants ?? [])
  const { persistence = 'limited', ...given } = options
  const compression = compressionPolicy(options.compression)
  const resolved = { ...defaults(), ...given }
  const kept = {
    ...resolved,
    compression,
    hostDisk: resolved.disk,
    companion: alone,
    participantCode: code,
  }
  return persistence === 'none'
    ? inMemory({ ...kept, persistence: 'limited', ephemeral: true })
    : { ...kept, persistence, ephemeral: false }
}

/** The same store with memory under it. Ballast, quiet checkpoints and compression are for disks. */
export function inMemory(options: ResolvedOptions): ResolvedOptions {
  const disk = new MemoryDisk({ clock: options.clock })
  const levels = memoryLevels()
  const forget = async (): Promise<void> => {
    disk.wipe()
    await levels.forget?.()
  }
  const none = { ballastBytes: 0, compression: undefined }
  return { ...options, ...none, ephemeral: true, disk, levels, forget }
}

const defaults = (): Required<Omit<ThreadStoreOptions, Unfilled>> => ({
  disk: nodeDisk,
  clock: nodeClock,
  entropy: nodeEntropy,
  levels: fileLevels,
  codec: nativeCodec,
  maxLineBytes: 64 * MiB,
  referenceBytesMin: 256 * 1024,
  checkpointBytes: 16 * MiB,
  quietMs: 30_000,
  bufferedMs: 1_000,
  retryMs: 1_000,
  ballastBytes: 8 * MiB,
  levelLogBytesMax: 32 * MiB,
  attachmentBytesMax: MiB,
  participants: [],
  participantTimeoutMs: 30_000,
  crashPoint: noCrashPoint,
  requestedBy: `process ${process.pid}`,
})

/** A timer of the platform takes no longer time. @throws ARGUMENT_INVALID */
function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined) return
  if (Number.isSafeInteger(timeoutMs) && timeoutMs > 0 && timeoutMs < 2 ** 31) return
  throw new StoreError('ARGUMENT_INVALID', 'participantTimeoutMs is 1 or more, and below 2^31', {
    detail: { argument: 'participantTimeoutMs' },
  })
}
