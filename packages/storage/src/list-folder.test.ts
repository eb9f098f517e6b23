import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { listFolder, listInPieces } from './list-folder.js'
import { nodeDisk } from './node-disk.js'

let folder: string

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cenotaph-list-'))
})

afterEach(async () => {
  await fs.rm(folder, { recursive: true })
})

/** Names in no order, as long as those of rollouts. */
async function fill(count: number): Promise<string[]> {
  const names: string[] = []
  for (let n = 0; n < count; n += 1) {
    const name = `${'rollout-'.repeat(7)}${String((n * 7919) % 100_003).padStart(6, '0')}.jsonl`
    await fs.writeFile(path.join(folder, name), '')
    names.push(name)
  }
  return names
}

describe('the entries of a folder', () => {
  it.each([0, 1, 2, 399, 400, 401, 1_203])(
    'are the same in pieces as at once, %i names',
    async (count) => {
      const names = await fill(count)
      const entries = await listInPieces(folder)
      expect(entries).toEqual(await listFolder(folder))
      expect(entries.map(({ name }) => name)).toEqual(names.sort())
    },
  )

  it('are told with their kinds', async () => {
    await fs.mkdir(path.join(folder, 'b'))
    await fs.writeFile(path.join(folder, 'a'), '')
    await fs.symlink('a', path.join(folder, 'c'))
    expect(await listInPieces(folder)).toEqual([
      { name: 'a', kind: 'file' },
      { name: 'b', kind: 'folder' },
      { name: 'c', kind: 'other' },
    ])
  })

  it('of many thousand names come while others get their turns', async () => {
    const names = await fill(5_000)
    let turns = 0
    let isOver = false
    const count = (): void => {
      turns += 1
      if (!isOver) setImmediate(count)
    }
    count()
    const entries = (await nodeDisk.list(folder)) ?? []
    isOver = true
    expect(entries.map(({ name }) => name)).toEqual(names.sort())
    // One a piece where the file system tells a folder's size, and fewer where it does not.
    const { size } = await fs.stat(folder)
    if (size >= 256 * 1024) expect(turns).toBeGreaterThan(5)
  })
})
