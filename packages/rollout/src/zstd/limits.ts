// How much a compressed rollout may ask for. A few kilobytes of zstd can stand for gigabytes, so the bounds
// hold while decoding, not after.

import { bomb } from './zstd-error.js'

export interface SourceLimits {
  /**
   * Bytes of decoded content, or of a decoder's window, that are held in memory. Frames that fit are decoded
   * at once and kept until another is read; larger ones are streamed. Default 64 MiB.
   */
  readonly maxFrameBytes?: number
  /** Uncompressed bytes of the whole rollout. Default 64 GiB. */
  readonly maxExpandedBytes?: number
  /**
   * Uncompressed bytes for each compressed one, asked beyond 16 MiB. zstd reaches some 11,000 on a line that
   * repeats for ever and 32,000 on one byte that does. Default 20,000.
   */
  readonly maxRatio?: number
}

const ratioFreeBytes = 16 * 1024 * 1024

export function withDefaults(limits: SourceLimits = {}): Required<SourceLimits> {
  return {
    maxFrameBytes: limits.maxFrameBytes ?? 64 * 1024 ** 2,
    maxExpandedBytes: limits.maxExpandedBytes ?? 64 * 1024 ** 3,
    maxRatio: limits.maxRatio ?? 20_000,
  }
}

/** Throws ROLLOUT_ZSTD_BOMB when so many compressed bytes may not stand for so many. */
export function checkExpansion(
  path: string,
  expandedBytes: number,
  compressedBytes: number,
  limits: Required<SourceLimits>,
): void {
  const allowed = Math.min(
    limits.maxExpandedBytes,
    Math.max(ratioFreeBytes, compressedBytes * limits.maxRatio),
  )
  if (expandedBytes > allowed) throw bomb(path, { expandedBytes, compressedBytes, allowed })
}
