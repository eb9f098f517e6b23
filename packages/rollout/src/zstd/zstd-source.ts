// A compressed rollout as a source. Reads any standard .zst: one frame or many, skippable frames anywhere,
// with a seek table or without. A read decodes only the frames that it touches.
//
// Memory: the frame index, and either one decoded frame of at most `maxFrameBytes` or, for larger frames, a
// streaming decoder with its window and a stretch of recent content; for a reader who goes through it, two small
// frames that come next. Reads of one source run one after another, so two readers do not multiply that.

import type { Disk, DiskFile } from '@cenotaph/storage'
import type { RolloutSource } from '../source.js'
import type { ReadAt } from './byte-window.js'
import { type Codec, nativeCodec } from './codec.js'
import { decodeWhole } from './decode-whole.js'
import { type FrameGroup, readFrameIndex } from './frame-index.js'
import { FramesAhead, type Gate } from './frames-ahead.js'
import { type SourceLimits, withDefaults } from './limits.js'
import { StreamCursor } from './stream-cursor.js'
import { damaged } from './zstd-error.js'

export type { SourceLimits } from './limits.js'

export interface ZstdSourceOptions {
  readonly limits?: SourceLimits
  /**
   * Decodes frames before they are asked for, for who goes through all of them; runs the work of each. Memory: two more
   * frames.
   */
  readonly ahead?: Gate
  readonly codec?: Codec
}

/**
 * Opens a .zst file; undefined where there is none. Throws ROLLOUT_ZSTD_DAMAGED (cut off, garbage, a wrong
 * checksum or size) and ROLLOUT_ZSTD_BOMB here when the headers show it, in a read when only decoding does.
 */
export async function openZstdSource(
  disk: Disk,
  path: string,
  { limits: given, ahead, codec = nativeCodec }: ZstdSourceOptions = {},
): Promise<RolloutSource | undefined> {
  const file = await disk.openRead(path)
  if (!file) return undefined
  try {
    const limits = withDefaults(given)
    const readAt: ReadAt = (offset, length) => file.read(offset, length)
    const groups = await readFrameIndex(readAt, await file.size(), path, { limits, codec })
    return new ZstdSource({ file, readAt, groups, limits, ahead, codec })
  } catch (error) {
    await file.close()
    throw error
  }
}

interface SourceParts {
  readonly file: DiskFile
  readonly readAt: ReadAt
  readonly groups: readonly FrameGroup[]
  readonly limits: Required<SourceLimits>
  readonly ahead: Gate | undefined
  readonly codec: Codec
}

class ZstdSource implements RolloutSource {
  readonly size: number
  readonly sequential: boolean
  readonly #file: DiskFile
  readonly #readAt: ReadAt
  readonly #groups: readonly FrameGroup[]
  readonly #maxFrameBytes: number
  readonly #codec: Codec
  readonly #ahead: FramesAhead | undefined
  #whole: { readonly group: FrameGroup; readonly content: Uint8Array } | undefined
  #cursor: StreamCursor | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor({ file, readAt, groups, limits, ahead, codec }: SourceParts) {
    const last = groups.at(-1)
    this.size = last ? last.offset + last.bytes : 0
    this.sequential = groups.some((group) => group.bytes > limits.maxFrameBytes)
    this.#file = file
    this.#readAt = readAt
    this.#groups = groups
    this.#maxFrameBytes = limits.maxFrameBytes
    this.#codec = codec
    const decode = (index: number) => this.#decode(groups[index] as FrameGroup)
    this.#ahead = ahead && new FramesAhead(groups, decode, ahead)
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#inTurn(() => this.#readNow(offset, Math.min(offset + length, this.size)))
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      this.#whole = undefined
      await this.#ahead?.end()
      await this.#cursor?.close()
      await this.#file.close()
    })
  }

  #inTurn<T>(job: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(job)
    this.#queue = result.catch(() => undefined)
    return result
  }

  async #readNow(start: number, end: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let at = start
    for (let index = this.#indexOf(start); at < end; index += 1) {
      const group = this.#groups[index]
      if (!group) break
      const to = Math.min(end, group.offset + group.bytes)
      if (to > at) parts.push(await this.#readGroup(index, at - group.offset, to - group.offset))
      at = Math.max(at, to)
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
  }

  async #readGroup(index: number, start: number, end: number): Promise<Uint8Array> {
    const group = this.#groups[index] as FrameGroup
    if (this.#whole?.group === group) return this.#whole.content.subarray(start, end)
    if (this.#cursor?.group !== group) {
      await this.#drop()
      const content = await (this.#ahead?.take(index) ?? this.#decode(group))
      if (content) {
        this.#whole = { group, content }
        return content.subarray(start, end)
      }
      this.#cursor = new StreamCursor(this.#readAt, group, this.#maxFrameBytes)
    }
    return this.#cursor.read(start, end)
  }

  async #decode(group: FrameGroup): Promise<Uint8Array | undefined> {
    const { path, compressedOffset, compressedBytes } = group
    if (Math.max(group.bytes, compressedBytes) > this.#maxFrameBytes) return undefined
    const stored = await this.#readAt(compressedOffset, compressedBytes)
    if (stored.length < compressedBytes)
      throw damaged(path, compressedOffset, 'it was cut while read')
    const rules = { maxBytes: this.#maxFrameBytes, codec: this.#codec }
    return decodeWhole(stored, group, group, rules)
  }

  async #drop(): Promise<void> {
    this.#whole = undefined
    const cursor = this.#cursor
    this.#cursor = undefined
    await cursor?.close()
  }

  /** The index of the group that holds the byte at `offset`. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#groups.length
    while (low < high) {
      const middle = (low + high) >> 1
      const group = this.#groups[middle] as FrameGroup
      if (group.offset + group.bytes <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
