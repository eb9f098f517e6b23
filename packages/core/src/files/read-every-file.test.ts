import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { nodeDisk } from '@cenotaph/storage'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEveryFile } from './read-every-file.js'

let folder: string

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cenotaph-read-'))
})

afterEach(async () => {
  await fs.rm(folder, { recursive: true })
})

const at = (name: string): string => path.join(folder, name)
const write = (name: string, text: string): Promise<void> => fs.writeFile(at(name), text)

/** Reads all; `meanwhile` runs before each file is read. */
async function readAll(meanwhile: (name: string, count: number) => Promise<void>) {
  const texts: string[] = []
  let lists = 0
  const list = async (): Promise<string[]> => {
    lists += 1
    return (await fs.readdir(folder)).sort().map(at)
  }
  await readEveryFile(nodeDisk, list, async (file) => {
    await meanwhile(path.basename(file), texts.length)
    const text = await fs.readFile(file, 'utf8').catch(() => undefined)
    if (text !== undefined) texts.push(text)
    return text?.length
  })
  return { texts, lists }
}

describe('reading every file', () => {
  it('ends, whatever appears while it reads', async () => {
    await write('000001.ldb', 'one')
    await write('000002.log', 'two')
    const { texts, lists } = await readAll((_name, count) => write(`00001${count}.ldb`, 'new'))
    expect(texts).toEqual(['one', 'two'])
    expect(lists).toBe(1)
  })

  it('looks again for what took the place of a table that was gone', async () => {
    await write('000001.ldb', 'one')
    await write('000002.ldb', 'two')
    const { texts, lists } = await readAll(async (name) => {
      if (name === '000002.ldb') await fs.rename(at(name), at('000003.ldb'))
    })
    expect(texts).toEqual(['one', 'two'])
    expect(lists).toBe(2)
  })

  it('reads a table again that was not whole when it was read, once another one is gone', async () => {
    await write('000001.ldb', 'begin')
    await write('000002.ldb', 'of two')
    const { texts } = await readAll(async (name) => {
      if (name !== '000002.ldb') return
      await fs.rm(at(name))
      await write('000001.ldb', 'begin and end of two')
    })
    expect(texts).toEqual(['begin', 'begin and end of two'])
  })

  it('does not look again for what an operation took away', async () => {
    await write('a.tmp', 'one')
    await write('b.tmp', 'two')
    const { texts, lists } = await readAll(async (name) => {
      if (name === 'b.tmp') await fs.rm(at(name))
    })
    expect(texts).toEqual(['one'])
    expect(lists).toBe(1)
  })
})
