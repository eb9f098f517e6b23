import { constants } from 'node:buffer'
import { StoreError } from '@cenotaph/storage'
import type { Damage } from './damage.js'
import type { PieceRange } from './pieces.js'
import type { RolloutSource } from './source.js'

export interface ReadOptions {
  /** Where to begin; must be the start of a line. Uncompressed bytes, default 0. */
  readonly fromOffset?: number
  /** Where to end, exclusive; for a backward reader, where to begin. Default and most: the size. */
  readonly endOffset?: number
  /** The ordinal of the line at `fromOffset`, for lines that have none themselves. Default 0. */
  readonly firstOrdinal?: number
  /** A longer line is ROLLOUT_LINE_TOO_LONG with `offset` and `limit`. Default 64 MiB. */
  readonly maxLineBytes?: number
  /** Stops the reader at its next read, with the signal's reason. */
  readonly signal?: AbortSignal
  /** Told of each damage that the reader passes. A reader that stops early has not passed all. */
  readonly onDamage?: (damage: Damage) => void
}

const maxLineBytesDefault = 64 * 1024 ** 2

/** Throws ARGUMENT_INVALID for offsets that are no whole numbers of 0 or more. */
export function rangeOf(source: RolloutSource, options: ReadOptions): PieceRange {
  const { fromOffset = 0, endOffset = source.size, signal } = options
  for (const offset of [fromOffset, endOffset]) {
    if (offset !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(offset) && offset >= 0)) {
      throw new StoreError('ARGUMENT_INVALID', 'An offset is a whole number of bytes', {
        detail: { offset },
      })
    }
  }
  return {
    start: fromOffset,
    end: Math.min(endOffset, source.size),
    // What is longer than a string can be could not be parsed, and must not pass for damage.
    maxLineBytes: Math.min(
      options.maxLineBytes ?? maxLineBytesDefault,
      constants.MAX_STRING_LENGTH,
    ),
    signal,
  }
}
