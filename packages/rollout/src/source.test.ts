import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { nodeDisk } from '@cenotaph/storage'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rolloutBytes } from './rollout.fixture.js'
import { copySource, memorySource, openPlainSource, openRolloutSource } from './source.js'
import { plainFrame } from './zstd/zstd.fixture.js'

const content = rolloutBytes(100)
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rollout-source-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const full = path.join(folder, name)
  await writeFile(full, bytes)
  return full
}

describe('a plain source', () => {
  it('ends at the committed length, whatever is appended', async () => {
    const name = await file('a.jsonl', content)
    const source = await openPlainSource(nodeDisk, name, 1000)
    await appendFile(name, 'more')
    expect(source?.size).toBe(1000)
    expect(
      Buffer.from((await source?.read(990, 100)) ?? []).equals(content.subarray(990, 1000)),
    ).toBe(true)
    expect(await source?.read(1000, 1)).toHaveLength(0)
    await source?.close()
  })

  it('has the size of a file that is shorter, and notices one that is cut', async () => {
    const name = await file('a.jsonl', content)
    const source = await openPlainSource(nodeDisk, name, 1_000_000)
    expect(source?.size).toBe(content.length)
    await truncate(name, 10)
    await expect(source?.read(0, 100)).rejects.toMatchObject({ code: 'ROLLOUT_SHORT' })
    await source?.close()
  })

  it('is undefined without a file', async () => {
    expect(await openPlainSource(nodeDisk, path.join(folder, 'none'))).toBeUndefined()
    expect(await openRolloutSource(nodeDisk, path.join(folder, 'none.zst'))).toBeUndefined()
  })
})

describe('openRolloutSource', () => {
  it('goes by the name, and ends both kinds at the committed length', async () => {
    const names = [
      await file('a.jsonl', content),
      await file('a.jsonl.zst', await plainFrame(content)),
    ]
    for (const name of names) {
      const source = await openRolloutSource(nodeDisk, name, { endOffset: 500 })
      expect(source?.size).toBe(500)
      expect(
        Buffer.from((await source?.read(400, 500)) ?? []).equals(content.subarray(400, 500)),
      ).toBe(true)
      await source?.close()
    }
  })
})

describe('copySource', () => {
  it('copies all bytes in order and in portions', async () => {
    const parts: Uint8Array[] = []
    const write = async (bytes: Uint8Array) => {
      parts.push(bytes)
    }
    expect(await copySource(memorySource(content), write, { chunkBytes: 777 })).toBe(content.length)
    expect(Buffer.concat(parts).equals(content)).toBe(true)
    expect(parts.every((part) => part.length <= 777)).toBe(true)
  })

  it('stops at an abort', async () => {
    const controller = new AbortController()
    const write = async () => controller.abort(new Error('enough'))
    const { signal } = controller
    const call = copySource(memorySource(content), write, { chunkBytes: 777, signal })
    await expect(call).rejects.toThrow('enough')
  })
})
