// The disk in memory beside the real one: every case asks both, and what they answer must be the same.

import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Disk, DiskFile } from './disk.js'
import { MemoryDisk } from './memory-disk.js'
import { nodeDisk } from './node-disk.js'
import { isStoreError } from './store-error.js'
import { readWhole, replaceWhole, writeNew } from './whole-file.js'

/** What a call gives, or the code and errno of what it throws. */
async function answer(run: () => Promise<unknown>): Promise<unknown> {
  try {
    const value = await run()
    if (value instanceof Uint8Array) return Buffer.from(value).toString()
    if (typeof value !== 'object' || value === null || !('close' in value)) return value
    await (value as DiskFile).close()
    return 'open'
  } catch (error) {
    return isStoreError(error) ? `${error.code} ${error.detail.errno}` : error
  }
}

type Case = (disk: Disk, at: (name: string) => string) => Promise<unknown>[] | Promise<unknown>

const cases: Readonly<Record<string, Case>> = {
  'names below a file': async (disk, at) => [
    await answer(() => disk.openRead(at('file/below'))),
    await answer(() => disk.openWrite(at('file/below'))),
    await answer(() => disk.create(at('file/below'))),
    await answer(() => disk.list(at('file/below'))),
    await answer(() => disk.stat(at('file/below'))),
    await answer(() => disk.unlink(at('file/below'))),
    await answer(() => disk.removeFolder(at('file/below'))),
    await answer(() => disk.rename(at('file/below'), at('new'))),
    await answer(() => disk.link(at('file/below'), at('new'))),
    await answer(() => disk.setMode(at('file/below'), 0o600)),
    await answer(() => disk.makeFolder(at('file/below'))),
    await answer(() => disk.syncFolder(at('file/below'))),
  ],
  'names below nothing': async (disk, at) => [
    await answer(() => disk.openRead(at('no/below'))),
    await answer(() => disk.openWrite(at('no/below'))),
    await answer(() => disk.create(at('no/below'))),
    await answer(() => disk.stat(at('no/below'))),
    await answer(() => disk.unlink(at('no/below'))),
    await answer(() => disk.removeFolder(at('no/below'))),
    await answer(() => disk.rename(at('file'), at('no/below'))),
    await answer(() => disk.link(at('file'), at('no/below'))),
    await answer(() => disk.setMode(at('no/below'), 0o600)),
    await answer(() => disk.freeBytes(at('no/below'))),
  ],
  'names that are taken': async (disk, at) => [
    await answer(() => disk.create(at('folder'))),
    await answer(() => disk.create(at('file'))),
    await answer(() => disk.makeFolder(at('file'))),
    await answer(() => disk.link(at('file'), at('folder'))),
    await answer(() => disk.link(at('folder'), at('new'))),
    await answer(() => disk.rename(at('file'), at('folder'))),
    await answer(() => disk.rename(at('folder'), at('file'))),
    await answer(() => disk.rename(at('folder'), at('full'))),
    await answer(() => disk.rename(at('full'), at('full/inner'))),
    await answer(() => disk.rename(at('full'), at('folder'))),
    await answer(() => disk.list(at('folder'))),
  ],
  'a folder is no file': async (disk, at) => [
    await answer(() => disk.openWrite(at('folder'))),
    await answer(() => disk.openRead(at('folder'))),
    await answer(async () => {
      const file = await disk.openRead(at('folder'))
      try {
        return await file!.read(0, 10)
      } finally {
        await file!.close()
      }
    }),
    await answer(() => disk.unlink(at('folder'))),
    await answer(() => disk.syncFolder(at('file'))),
    await answer(() => disk.list(at('file'))),
  ],
  'a file without a name': async (disk, at) => {
    const file = await disk.openWrite(at('file'))
    const gone = await disk.unlink(at('file'))
    await file!.write(7, Buffer.from('tail'))
    const content = await answer(() => file!.read(0, 99))
    await file!.close()
    return [gone, content, await answer(() => file!.size()), await answer(() => file!.close())]
  },
  'cutting and growing': async (disk, at) => {
    const file = await disk.openWrite(at('file'))
    await file!.truncate(3)
    await file!.write(6, Buffer.from('x'))
    const first = await answer(() => file!.read(0, 99))
    await file!.truncate(1)
    await file!.truncate(8)
    const second = await answer(() => file!.read(0, 99))
    await file!.close()
    const reader = await disk.openRead(at('file'))
    const refused = [
      await answer(() => reader!.write(0, Buffer.from('y'))),
      await answer(() => reader!.truncate(0)),
    ]
    await reader!.close()
    return [first, second, refused]
  },
  'links and modes': async (disk, at) => {
    await disk.link(at('file'), at('second'))
    await disk.setMode(at('second'), 0o640)
    await disk.rename(at('file'), at('second'))
    const [one, two] = [await disk.stat(at('file')), await disk.stat(at('second'))]
    const same = one?.identity === two?.identity
    await disk.unlink(at('file'))
    const left = await disk.stat(at('second'))
    return [same, one?.links, one?.mode, left?.links, (await disk.stat(at('folder')))?.mode]
  },
  'whole files': async (disk, at) => {
    await replaceWhole(disk, at('whole'), Buffer.from('one'))
    await replaceWhole(disk, at('whole'), Buffer.from('two'))
    return [
      await writeNew(disk, at('whole'), Buffer.from('three')),
      await answer(async () => readWhole(disk, at('whole'))),
      await disk.list(at('.')),
    ]
  },
}

async function furnish(disk: Disk, at: (name: string) => string): Promise<void> {
  await disk.makeFolder(at('folder'))
  await disk.makeFolder(at('full/inner'))
  await writeNew(disk, at('file'), Buffer.from('content'))
}

describe('a disk in memory answers as the real one', () => {
  it.each(Object.entries(cases))('%s', async (_name, run) => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cenotaph-memory-disk-'))
    try {
      const at = (name: string): string => path.join(folder, name)
      await furnish(nodeDisk, at)
      const memory = new MemoryDisk()
      await memory.makeFolder(folder)
      await furnish(memory, at)
      expect(await run(memory, at)).toEqual(await run(nodeDisk, at))
    } finally {
      await fs.rm(folder, { recursive: true })
    }
  })
})

describe('what only memory can do', () => {
  it('is full at its capacity, and a delete gives room back', async () => {
    const disk = new MemoryDisk({ capacityBytes: 10 })
    expect(await writeNew(disk, '/a', Buffer.from('12345678'))).toBe(true)
    expect(await disk.freeBytes('/')).toBe(2)
    expect(await answer(() => writeNew(disk, '/b', Buffer.from('123')))).toBe('DISK_FULL ENOSPC')
    const open = await disk.openRead('/a')
    await disk.unlink('/a')
    // What is open is still there.
    expect(await disk.freeBytes('/')).toBe(2)
    await open!.close()
    expect(await disk.freeBytes('/')).toBe(10)
  })

  it('gives copies, and takes them', async () => {
    const disk = new MemoryDisk()
    const given = Buffer.from('content')
    await writeNew(disk, '/a', given)
    given.fill(0)
    const read = await readWhole(disk, '/a')
    read!.fill(0)
    expect(await answer(() => readWhole(disk, '/a') as Promise<Uint8Array>)).toBe('content')
  })

  it('takes many small writes to one file', async () => {
    const disk = new MemoryDisk()
    const file = await disk.create('/a')
    const line = Buffer.alloc(100, 'x')
    for (let n = 0; n < 20_000; n += 1) await file!.write(n * 100, line)
    expect(await file!.size()).toBe(2_000_000)
    expect(await answer(() => file!.read(1_999_998, 9))).toBe('xx')
    await file!.close()
  })

  it('forgets everything when it is wiped, under open handles too', async () => {
    const disk = new MemoryDisk()
    await disk.makeFolder('/x')
    await writeNew(disk, '/x/a', Buffer.from('content'))
    const open = await disk.openRead('/x/a')
    disk.wipe()
    expect(await answer(() => open!.read(0, 99))).toBe('')
    expect(await disk.list('/')).toEqual([])
    expect(await disk.stat('/x/a')).toBeUndefined()
  })
})
