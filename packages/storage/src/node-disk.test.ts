import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DiskFile } from './disk.js'
import { nodeDisk } from './node-disk.js'
import { readWhole, replaceWhole, writeNew } from './whole-file.js'

let folder: string
let umask: number

beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cenotaph-disk-'))
  umask = process.umask()
})

afterEach(async () => {
  process.umask(umask)
  await fs.rm(folder, { recursive: true, force: true })
})

const at = (...names: string[]): string => path.join(folder, ...names)

const bytes = (text: string): Uint8Array => Buffer.from(text)

async function closing<T>(file: DiskFile | undefined, run: (file: DiskFile) => Promise<T>) {
  if (!file) throw new Error('no file')
  try {
    return await run(file)
  } finally {
    await file.close()
  }
}

describe('the disk of Node', () => {
  it.each([0o000, 0o022, 0o077, 0o177, 0o777])(
    'makes files 0600 and folders 0700 under umask %o',
    async (mask) => {
      process.umask(mask)
      expect(await nodeDisk.makeFolder(at('a', 'b'))).toEqual([at('a'), at('a', 'b')])
      await closing(await nodeDisk.create(at('a', 'b', 'c')), async () => {})
      expect((await nodeDisk.stat(at('a')))?.mode).toBe(0o700)
      expect((await nodeDisk.stat(at('a', 'b')))?.mode).toBe(0o700)
      expect((await nodeDisk.stat(at('a', 'b', 'c')))?.mode).toBe(0o600)
      expect(await nodeDisk.makeFolder(at('a', 'b'))).toEqual([])
    },
  )

  it('writes and reads at offsets, and reads fewer bytes only at the end', async () => {
    await closing(await nodeDisk.create(at('f')), async (file) => {
      await file.write(0, bytes('0123456789'))
      await file.write(4, bytes('xy'))
      await file.sync()
      expect(Buffer.from(await file.read(3, 4)).toString()).toBe('3xy6')
      expect(Buffer.from(await file.read(8, 100)).toString()).toBe('89')
      expect(await file.read(10, 5)).toHaveLength(0)
      await file.truncate(3)
      expect(await file.size()).toBe(3)
    })
  })

  it('tells by its answer what is there, and never creates or replaces by accident', async () => {
    expect(await nodeDisk.openRead(at('none'))).toBeUndefined()
    expect(await nodeDisk.openWrite(at('none'))).toBeUndefined()
    expect(await nodeDisk.stat(at('none'))).toBeUndefined()
    expect(await nodeDisk.list(at('none'))).toBeUndefined()
    expect(await nodeDisk.unlink(at('none'))).toBe(false)
    expect(await nodeDisk.removeFolder(at('none'))).toBe(false)
    expect(await nodeDisk.list(folder)).toEqual([])
    expect(await writeNew(nodeDisk, at('one'), bytes('one'))).toBe(true)
    expect(await writeNew(nodeDisk, at('one'), bytes('other'))).toBe(false)
    await writeNew(nodeDisk, at('two'), bytes('two'))
    expect(await nodeDisk.link(at('two'), at('one'))).toBe(false)
    expect(Buffer.from((await readWhole(nodeDisk, at('one')))!).toString()).toBe('one')
  })

  it('gives two names of one file the same identity, and counts them', async () => {
    await writeNew(nodeDisk, at('one'), bytes('one'))
    await writeNew(nodeDisk, at('other'), bytes('one'))
    expect(await nodeDisk.link(at('one'), at('same'))).toBe(true)
    const [one, same, other] = await Promise.all(
      ['one', 'same', 'other'].map((name) => nodeDisk.stat(at(name))),
    )
    expect(one?.identity).toBe(same?.identity)
    expect(one?.identity).not.toBe(other?.identity)
    expect([one?.links, other?.links]).toEqual([2, 1])
  })

  it('lists names in byte order with their kinds, and does not follow symbolic links', async () => {
    await writeNew(nodeDisk, at('b'), bytes('b'))
    await nodeDisk.makeFolder(at('a'))
    await fs.symlink(at('b'), at('c'))
    expect(await nodeDisk.list(folder)).toEqual([
      { name: 'a', kind: 'folder' },
      { name: 'b', kind: 'file' },
      { name: 'c', kind: 'other' },
    ])
    expect((await nodeDisk.stat(at('c')))?.kind).toBe('other')
    await expect(nodeDisk.openRead(at('c'))).rejects.toMatchObject({ code: 'DISK_ERROR' })
    expect(await nodeDisk.removeFolder(folder)).toBe(false)
  })

  it('replaces a file whole, over what a crash left beside it', async () => {
    await writeNew(nodeDisk, at('f.tmp'), bytes('half of an earlier one'))
    await replaceWhole(nodeDisk, at('f'), bytes('first'))
    await replaceWhole(nodeDisk, at('f'), bytes('second'))
    expect(await fs.readFile(at('f'), 'utf8')).toBe('second')
    expect((await nodeDisk.stat(at('f')))?.mode).toBe(0o600)
    expect((await nodeDisk.list(folder))?.map((entry) => entry.name)).toEqual(['f'])
  })

  it('gives the errors of the operating system a code, with call, path and errno', async () => {
    await writeNew(nodeDisk, at('f'), bytes('f'))
    const detail = { call: 'mkdir', errno: 'ENOTDIR', path: at('f', 'g') }
    await expect(nodeDisk.makeFolder(at('f', 'g'))).rejects.toMatchObject({
      code: 'DISK_ERROR',
      retryable: false,
      detail,
    })
    await expect(nodeDisk.syncFolder(at('none'))).rejects.toMatchObject({ code: 'DISK_ERROR' })
    await expect(nodeDisk.rename(at('none'), at('g'))).rejects.toMatchObject({
      detail: { errno: 'ENOENT' },
    })
    expect(await nodeDisk.freeBytes(folder)).toBeGreaterThan(0)
  })

  it('tells a full disk from any other failure', async () => {
    // /dev/full answers every write with ENOSPC.
    const file = await nodeDisk.openWrite('/dev/full')
    await closing(file, (full) =>
      expect(full.write(0, bytes('x'))).rejects.toMatchObject({
        code: 'DISK_FULL',
        retryable: true,
        detail: { errno: 'ENOSPC' },
      }),
    )
  })

  it('gives a folder a stamp once it has rested, and none before that', async () => {
    const rested = await nodeDisk.folderStamp!(import.meta.dirname)
    expect(rested).toMatch(/^\d+:\d+:\d+$/)
    expect(await nodeDisk.folderStamp!(import.meta.dirname)).toBe(rested)
    expect(await nodeDisk.folderStamp!(folder)).toBeUndefined()
    expect(await nodeDisk.folderStamp!(at('missing'))).toBeUndefined()
  })

  it('gives all entries of a folder in pieces', async () => {
    const names = Array.from({ length: 1_001 }, (_, number) => `name ${number}`)
    for (const name of names) await fs.writeFile(at(name), '')
    const found: string[] = []
    let pieces = 0
    for await (const piece of nodeDisk.listPieces!(folder)) {
      pieces += 1
      for (const { name, kind } of piece) if (kind === 'file') found.push(name)
    }
    expect(found.sort()).toEqual(names.sort())
    expect(pieces).toBeGreaterThan(2)
    const listing = nodeDisk.listPieces!(at('name 1'))
    await expect(listing[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'DISK_ERROR',
      detail: { errno: 'ENOTDIR' },
    })
  })
})
