// Reads of a rollout's file without an engine: bytes in, lines out, parsed where the engine would have parsed them.

import { spawn } from 'node:child_process'
import fs from 'node:fs/promises'

const READ_BYTES = 1024 * 1024
const PAGE_BYTES = 64 * 1024

/** @typedef {{ readonly parse: boolean }} FloorOptions */

/**
 * @param {string} file
 * @param {FloorOptions} options
 * @returns {Promise<number>} lines
 */
export async function readLines(file, options) {
  const handle = await fs.open(file)
  try {
    return await countLines(chunksOf(handle), options)
  } finally {
    await handle.close()
  }
}

/**
 * @param {string} file
 * @param {FloorOptions} options
 */
export async function readLinesOfZstd(file, options) {
  const child = spawn('zstd', ['-dc', '-q', file], { stdio: ['ignore', 'pipe', 'inherit'] })
  return countLines(child.stdout, options)
}

/**
 * The first `count` whole lines behind an offset, parsed.
 *
 * @param {string} file
 * @param {number} offset
 * @param {number} count
 */
export async function readLinesAt(file, offset, count) {
  const handle = await fs.open(file)
  try {
    const { buffer, bytesRead } = await handle.read(
      Buffer.allocUnsafe(PAGE_BYTES),
      0,
      PAGE_BYTES,
      offset,
    )
    const lines = buffer.subarray(0, bytesRead).toString().split('\n').slice(1, -1)
    return lines.slice(0, count).map((line) => /** @type {unknown} */ (JSON.parse(line)))
  } finally {
    await handle.close()
  }
}

/**
 * @param {import('node:fs/promises').FileHandle} handle
 * @returns {AsyncGenerator<Buffer>}
 */
async function* chunksOf(handle) {
  for (;;) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

/**
 * @param {AsyncIterable<Buffer>} chunks
 * @param {FloorOptions} options
 */
async function countLines(chunks, { parse }) {
  let count = 0
  /** @type {Buffer} */
  let rest = Buffer.alloc(0)
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    let start = 0
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
      if (parse) JSON.parse(bytes.toString('utf8', start, end))
      count += 1
      start = end + 1
    }
    rest = bytes.subarray(start)
  }
  return count
}
