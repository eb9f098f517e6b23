// What every Disk answers while there is power. Run it against a new implementation:
//
//   diskSuite({ test: it, factory: async () => ({ value: { disk, folder } }) })

import assert from 'node:assert/strict'
import path from 'node:path'
import { type Disk, isStoreError } from '@cenotaph/storage'
import { type Made, type Test, using } from './suite.js'

export interface DiskPlace {
  readonly disk: Disk
  /** An empty folder of its own. */
  readonly folder: string
}

export interface DiskSuiteOptions {
  readonly test: Test
  readonly factory: () => Promise<Made<DiskPlace>>
  /** What this disk does not have. All true by default. */
  readonly supports?: {
    /** Modes are kept and told. */
    readonly modes?: boolean
    /** Hard links. */
    readonly links?: boolean
  }
}

const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString()
const bytes = (content: string): Uint8Array => Buffer.from(content)

async function put(disk: Disk, name: string, content: string): Promise<void> {
  const file = await disk.create(name)
  assert(file, `${name} is taken`)
  await file.write(0, bytes(content))
  await file.sync()
  await file.close()
}

async function get(disk: Disk, name: string): Promise<string | undefined> {
  const file = await disk.openRead(name)
  if (!file) return undefined
  const content = await file.read(0, await file.size())
  await file.close()
  return text(content)
}

/** Fails with the code and the errno that a caller decides by. */
async function fails(run: () => Promise<unknown>, ...errnos: string[]): Promise<void> {
  await assert.rejects(run, (error: unknown) => {
    assert(isStoreError(error, 'DISK_ERROR'), `not a DISK_ERROR: ${error}`)
    assert(errnos.includes(String(error.detail.errno)), `${error.detail.errno} for ${errnos}`)
    return true
  })
}

/** Gives the number of tests. */
export function diskSuite({ test, factory, supports = {} }: DiskSuiteOptions): number {
  const { modes = true, links = true } = supports
  let tests = 0
  const check = (
    name: string,
    run: (disk: Disk, at: (name: string) => string) => Promise<void>,
  ) => {
    tests += 1
    test(name, () =>
      using(factory, ({ disk, folder }) => run(disk, (name) => path.join(folder, name))),
    )
  }

  check('create makes an empty file, once', async (disk, at) => {
    const file = await disk.create(at('a'))
    assert(file)
    assert.equal(file.path, at('a'))
    assert.equal(await file.size(), 0)
    await file.close()
    assert.equal(await disk.create(at('a')), undefined)
    await fails(() => disk.create(at('missing/a')), 'ENOENT')
  })

  check('what is written at once is there at once', async (disk, at) => {
    await put(disk, at('a'), 'hello')
    const file = await disk.openWrite(at('a'))
    assert(file)
    assert.equal(file.writeNow === undefined, file.sizeNow === undefined, 'a disk offers both')
    if (file.writeNow && file.sizeNow) {
      assert.equal(file.sizeNow(), 5)
      file.writeNow(5, bytes(' world'))
      assert.equal(file.sizeNow(), 11)
      assert.equal(text(await file.read(0, 100)), 'hello world')
      await file.sync()
    }
    await file.close()
    const closed = file.sizeNow
    if (closed) await fails(async () => void closed.call(file), 'EBADF')
    const reader = await disk.openRead(at('a'))
    assert(reader)
    const write = reader.writeNow
    if (write) await fails(async () => write.call(reader, 0, bytes('x')), 'EBADF')
    await reader.close()
  })

  check('what is written is read, at any offset and past the end', async (disk, at) => {
    await put(disk, at('a'), 'hello')
    const file = await disk.openWrite(at('a'))
    assert(file)
    await file.write(8, bytes('world'))
    assert.equal(text(await file.read(0, 100)), 'hello\0\0\0world')
    assert.equal(text(await file.read(3, 7)), 'lo\0\0\0wo')
    assert.equal(text(await file.read(13, 5)), '')
    assert.equal(text(await file.read(99, 5)), '')
    await file.write(1, bytes('E'))
    await file.write(2, new Uint8Array(0))
    assert.equal(await file.size(), 13)
    await file.close()
    assert.equal(await get(disk, at('a')), 'hEllo\0\0\0world')
  })

  check('truncate cuts and extends with zeros', async (disk, at) => {
    await put(disk, at('a'), 'hello')
    const file = await disk.openWrite(at('a'))
    await file!.truncate(2)
    await file!.truncate(4)
    await file!.close()
    assert.equal(await get(disk, at('a')), 'he\0\0')
  })

  check('what is open stays readable without a name', async (disk, at) => {
    await put(disk, at('a'), 'hello')
    const file = await disk.openRead(at('a'))
    assert.equal(await disk.unlink(at('a')), true)
    assert.equal(text(await file!.read(0, 9)), 'hello')
    await file!.close()
    assert.equal(await disk.openRead(at('a')), undefined)
    assert.equal(await disk.openWrite(at('a')), undefined)
  })

  check('a file opened for reading takes no write', async (disk, at) => {
    await put(disk, at('a'), 'hello')
    const file = await disk.openRead(at('a'))
    await fails(() => file!.write(0, bytes('x')), 'EBADF')
    await file!.close()
    assert.equal(await get(disk, at('a')), 'hello')
  })

  check('makeFolder tells what it made, outermost first', async (disk, at) => {
    assert.deepEqual(await disk.makeFolder(at('x/y/z')), [at('x'), at('x/y'), at('x/y/z')])
    assert.deepEqual(await disk.makeFolder(at('x/y/z')), [])
    assert.deepEqual(await disk.makeFolder(at('x/v')), [at('x/v')])
    assert.equal((await disk.stat(at('x/y')))?.kind, 'folder')
    await put(disk, at('file'), '')
    await fails(() => disk.makeFolder(at('file/below')), 'ENOTDIR')
  })

  check('list sorts by name and knows kinds', async (disk, at) => {
    await disk.makeFolder(at('b'))
    await put(disk, at('c'), '')
    await put(disk, at('a'), '')
    assert.deepEqual(await disk.list(at('')), [
      { name: 'a', kind: 'file' },
      { name: 'b', kind: 'folder' },
      { name: 'c', kind: 'file' },
    ])
    assert.equal(await disk.list(at('missing')), undefined)
    await fails(() => disk.list(at('a')), 'ENOTDIR')
  })

  check('pieces of a folder are its list', async (disk, at) => {
    await disk.makeFolder(at('b'))
    await put(disk, at('c'), '')
    if (!disk.listPieces) return
    const names: string[] = []
    for await (const piece of disk.listPieces(at(''))) names.push(...piece.map(({ name }) => name))
    assert.deepEqual(names.sort(), ['b', 'c'])
    for await (const piece of disk.listPieces(at('missing'))) assert.deepEqual(piece, [])
  })

  check('a stamp is that of a folder, where a disk gives any', async (disk, at) => {
    await disk.makeFolder(at('b'))
    await put(disk, at('c'), '')
    assert.equal(await disk.folderStamp?.(at('missing')), undefined)
    assert.equal(await disk.folderStamp?.(at('c')), undefined)
    // Made just now: one more name might not show.
    assert.equal(await disk.folderStamp?.(at('b')), undefined)
  })

  check('stat tells length, kind and identity', async (disk, at) => {
    await put(disk, at('a'), 'hello')
    await put(disk, at('b'), 'hello')
    const [a, b] = [await disk.stat(at('a')), await disk.stat(at('b'))]
    assert.equal(a?.bytes, 5)
    assert.equal(a?.kind, 'file')
    assert.equal(a?.links, 1)
    assert.notEqual(a?.identity, b?.identity)
    assert.equal(await disk.stat(at('missing')), undefined)
    assert.equal(await disk.stat(at('a/below')), undefined)
  })

  check('unlink and removeFolder say whether there was anything', async (disk, at) => {
    await put(disk, at('a'), '')
    await disk.makeFolder(at('full/inner'))
    assert.equal(await disk.unlink(at('a')), true)
    assert.equal(await disk.unlink(at('a')), false)
    assert.equal(await disk.removeFolder(at('full')), false)
    assert.equal(await disk.removeFolder(at('full/inner')), true)
    assert.equal(await disk.removeFolder(at('full')), true)
    assert.equal(await disk.removeFolder(at('full')), false)
  })

  check('unlink refuses a folder, removeFolder a file', async (disk, at) => {
    await put(disk, at('a'), '')
    await disk.makeFolder(at('b'))
    await fails(() => disk.unlink(at('b')), 'EISDIR', 'EPERM')
    await fails(() => disk.removeFolder(at('a')), 'ENOTDIR')
  })

  check('rename replaces a file, and moves between folders', async (disk, at) => {
    await put(disk, at('a'), 'new')
    await put(disk, at('b'), 'old')
    await disk.makeFolder(at('x'))
    await disk.rename(at('a'), at('b'))
    assert.equal(await get(disk, at('b')), 'new')
    await disk.rename(at('b'), at('x/c'))
    assert.equal(await get(disk, at('x/c')), 'new')
    assert.equal(await disk.stat(at('b')), undefined)
    await fails(() => disk.rename(at('b'), at('d')), 'ENOENT')
    await disk.rename(at('x'), at('y'))
    assert.equal(await get(disk, at('y/c')), 'new')
  })

  check('syncFolder asks for a folder', async (disk, at) => {
    await disk.syncFolder(at(''))
    await fails(() => disk.syncFolder(at('missing')), 'ENOENT')
  })

  check('there is room', async (disk, at) => {
    assert((await disk.freeBytes(at(''))) > 0)
  })

  if (links) {
    check('link gives a second name and never replaces', async (disk, at) => {
      await put(disk, at('a'), 'one')
      await put(disk, at('b'), 'two')
      assert.equal(await disk.link(at('a'), at('b')), false)
      assert.equal(await disk.link(at('a'), at('c')), true)
      assert.equal(await get(disk, at('c')), 'one')
      const [a, c] = [await disk.stat(at('a')), await disk.stat(at('c'))]
      assert.equal(a?.identity, c?.identity)
      assert.equal(a?.links, 2)
      await disk.unlink(at('a'))
      assert.equal((await disk.stat(at('c')))?.links, 1)
      await fails(() => disk.link(at('a'), at('d')), 'ENOENT')
    })
  }

  if (modes) {
    check('files are 0600 and folders 0700, until somebody says otherwise', async (disk, at) => {
      await put(disk, at('a'), '')
      await disk.makeFolder(at('b'))
      assert.equal((await disk.stat(at('a')))?.mode, 0o600)
      assert.equal((await disk.stat(at('b')))?.mode, 0o700)
      await disk.setMode(at('a'), 0o640)
      assert.equal((await disk.stat(at('a')))?.mode, 0o640)
    })
  }
  return tests
}
