// Random access to the uncompressed bytes of a rollout, whatever holds them.

import { type Disk, StoreError } from '@cenotaph/storage'
import { openZstdSource, type ZstdSourceOptions } from './zstd/zstd-source.js'

export interface RolloutSource {
  /** Uncompressed bytes; fixed when the source is opened. */
  readonly size: number
  /** True where a read far from the last one may have to decode everything before it. */
  readonly sequential?: boolean
  /**
   * Up to `length` bytes from `offset`, fewer only at the end. The bytes may be shared: do not write to them. They stay as
   * they are.
   */
  read(offset: number, length: number): Promise<Uint8Array>
  close(): Promise<void>
}

export interface OpenSourceOptions extends ZstdSourceOptions {
  /** Reads see nothing from here on: the committed length. Uncompressed bytes. */
  readonly endOffset?: number
}

/** Opens by the name's ending, `.zst` or not; undefined where there is no such file. */
export async function openRolloutSource(
  disk: Disk,
  path: string,
  options: OpenSourceOptions = {},
): Promise<RolloutSource | undefined> {
  if (!path.endsWith('.zst')) return openPlainSource(disk, path, options.endOffset)
  const source = await openZstdSource(disk, path, options)
  return source && options.endOffset !== undefined ? clipSource(source, options.endOffset) : source
}

/**
 * An uncompressed file, cut off at `endOffset`. A file that is shorter than that has its own size: who knows
 * the committed length compares. Undefined where there is no such file. A read throws ROLLOUT_SHORT when the
 * file has been cut since it was opened.
 */
export async function openPlainSource(
  disk: Disk,
  path: string,
  endOffset = Number.POSITIVE_INFINITY,
): Promise<RolloutSource | undefined> {
  const file = await disk.openRead(path)
  if (!file) return undefined
  let size: number
  try {
    size = Math.min(await file.size(), endOffset)
  } catch (error) {
    await file.close()
    throw error
  }
  return {
    size,
    async read(offset, length) {
      const wanted = clip(size, offset, length)
      if (wanted === 0) return new Uint8Array(0)
      const bytes = await file.read(offset, wanted)
      if (bytes.length < wanted) {
        throw new StoreError('ROLLOUT_SHORT', 'The rollout was cut while it was read', {
          detail: { path, offset, expectedBytes: wanted, foundBytes: bytes.length },
        })
      }
      return bytes
    },
    close: () => file.close(),
  }
}

/** Bytes in memory as a source. */
export function memorySource(bytes: Uint8Array): RolloutSource {
  return {
    size: bytes.length,
    read: async (offset, length) =>
      bytes.subarray(offset, offset + clip(bytes.length, offset, length)),
    close: async () => {},
  }
}

/** The same source without the bytes from `endOffset` on. Closing it closes `source`. */
export function clipSource(source: RolloutSource, endOffset: number): RolloutSource {
  const size = Math.min(source.size, endOffset)
  return {
    size,
    ...(source.sequential === undefined ? {} : { sequential: source.sequential }),
    read: (offset, length) => source.read(offset, clip(size, offset, length)),
    close: () => source.close(),
  }
}

export interface CopyOptions {
  /** Bytes of one read and one write. Default 1 MiB. */
  readonly chunkBytes?: number
  readonly signal?: AbortSignal
}

/** Hands all bytes of a source to `write`, in order, one call at a time. Resolves with their number. */
export async function copySource(
  source: RolloutSource,
  write: (bytes: Uint8Array) => Promise<void>,
  options: CopyOptions = {},
): Promise<number> {
  const chunkBytes = options.chunkBytes ?? 1 << 20
  let offset = 0
  while (offset < source.size) {
    options.signal?.throwIfAborted()
    const bytes = await source.read(offset, chunkBytes)
    await write(bytes)
    offset += bytes.length
  }
  return offset
}

/**
 * Whether two sources hold the same bytes from `from` to before `to`, which default to all of both. Reads them side by
 * side, a megabyte at a time.
 */
export async function sameContent(
  a: RolloutSource,
  b: RolloutSource,
  { from = 0, to = Number.POSITIVE_INFINITY, signal }: CompareOptions = {},
): Promise<boolean> {
  const end = Math.min(to, a.size)
  if (end !== Math.min(to, b.size)) return false
  for (let offset = from; offset < end; offset += COMPARED_BYTES) {
    signal?.throwIfAborted()
    const length = Math.min(COMPARED_BYTES, end - offset)
    const [left, right] = await Promise.all([a.read(offset, length), b.read(offset, length)])
    if (left.length !== length || Buffer.compare(left, right) !== 0) return false
  }
  return true
}

const COMPARED_BYTES = 1 << 20

export interface CompareOptions {
  readonly from?: number
  readonly to?: number
  readonly signal?: AbortSignal
}

function clip(size: number, offset: number, length: number): number {
  return Math.max(0, Math.min(length, size - offset))
}
