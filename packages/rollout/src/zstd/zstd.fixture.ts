// zstd files made by hand, to get shapes that the compressor would not write.

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { nodeDisk } from '@cenotaph/storage'
import { compress } from '@mongodb-js/zstd'
import type { RolloutSource } from '../source.js'
import { openZstdSource, type SourceLimits } from './zstd-source.js'

/** Runs with the bytes as an opened .zst file, which is closed and removed afterwards. */
export async function withZstd<T>(
  bytes: Uint8Array,
  limits: SourceLimits,
  use: (source: RolloutSource, name: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rollout-zstd-'))
  try {
    const name = path.join(folder, 'rollout.jsonl.zst')
    await writeFile(name, bytes)
    const source = await openZstdSource(nodeDisk, name, { limits })
    if (!source) throw new Error('the file is not there')
    try {
      return await use(source, name)
    } finally {
      await source.close()
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** One frame as the library writes it: without a content size and without a checksum. */
export function plainFrame(content: Uint8Array, level = 3): Promise<Buffer> {
  return compress(Buffer.from(content), level)
}

export interface FrameParts {
  readonly contentBytes?: number
  readonly checksum?: number
  /** Window of 2^log bytes. Default 21. */
  readonly windowLog?: number
  readonly dictionaryId?: number
  readonly blocks: readonly {
    readonly type: 0 | 1 | 2
    readonly size: number
    readonly data: Uint8Array
  }[]
}

export function handFrame(parts: FrameParts): Buffer {
  const { contentBytes, checksum, windowLog = 21, dictionaryId, blocks } = parts
  const out: Uint8Array[] = [u32(0xfd2fb528)]
  const sizeFlag = contentBytes === undefined ? 0 : 3
  const flags =
    (sizeFlag << 6) | (checksum === undefined ? 0 : 4) | (dictionaryId === undefined ? 0 : 3)
  out.push(Buffer.from([flags, (windowLog - 10) << 3]))
  if (dictionaryId !== undefined) out.push(u32(dictionaryId))
  if (contentBytes !== undefined) out.push(u64(contentBytes))
  for (const [index, { type, size, data }] of blocks.entries()) {
    const word = (size << 3) | (type << 1) | (index === blocks.length - 1 ? 1 : 0)
    out.push(u32(word).subarray(0, 3), data)
  }
  if (checksum !== undefined) out.push(u32(checksum))
  return Buffer.concat(out)
}

/** A frame of `blocks` times 128 KiB of one byte: 4 bytes each. */
export function repeatingFrame(blocks: number, contentBytes?: number): Buffer {
  const block = { type: 1, size: 128 * 1024, data: Buffer.from('x') } as const
  const list = new Array(blocks).fill(block)
  return handFrame({ blocks: list, ...(contentBytes === undefined ? {} : { contentBytes }) })
}

export function skippableFrame(content: Uint8Array): Buffer {
  return Buffer.concat([u32(0x184d2a53), u32(content.length), content])
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}
