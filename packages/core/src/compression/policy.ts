// Which threads the background compresses, and how fast. Nothing, unless the store is opened with a policy.

import { StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import { type Duration, parseDuration } from '../time/duration.js'
import type { CompressProgress } from './compress-threads.js'

export interface CompressionOptions {
  /** Threads that were not active for so long, by what they record themselves: `30d`. */
  readonly coldAfter: Duration
  /** The same for archived threads. Default `1d`, or `coldAfter` where that is less. */
  readonly archivedAfter?: Duration
  /** Bytes of plain rollouts that are worked on in a second, at most. Default 16 MiB. */
  readonly bytesPerSecondMax?: number
  /** Called after each thread that was looked at. */
  readonly onProgress?: (progress: CompressProgress) => void
}

export interface CompressionPolicy {
  readonly coldAfter: number
  readonly archivedAfter: number
  readonly bytesPerSecondMax: number
  readonly onProgress: ((progress: CompressProgress) => void) | undefined
}

const DAY_MS = 24 * 60 * 60_000
const RATE_DEFAULT = 16 * 1024 * 1024

/** @throws ARGUMENT_INVALID */
export function compressionPolicy(options: CompressionOptions | undefined) {
  if (options === undefined) return undefined
  checkOptions(options, { bytesPerSecondMax: 'count', onProgress: 'function' })
  const coldAfter = parseDuration(options.coldAfter, 'compression.coldAfter')
  const archivedAfter =
    options.archivedAfter === undefined
      ? Math.min(coldAfter, DAY_MS)
      : parseDuration(options.archivedAfter, 'compression.archivedAfter')
  const { bytesPerSecondMax = RATE_DEFAULT, onProgress } = options
  if (bytesPerSecondMax === 0)
    throw new StoreError('ARGUMENT_INVALID', 'compression.bytesPerSecondMax is 1 or more')
  const policy: CompressionPolicy = { coldAfter, archivedAfter, bytesPerSecondMax, onProgress }
  return policy
}
