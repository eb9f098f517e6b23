import type { Disk } from '@cenotaph/storage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { copyOfDisk, crashStateCount, crashStates } from './crash-states.js'
import { SECTOR_BYTES } from './inode.js'
import { SimDisk } from './sim-disk.js'

const fill = (length: number, byte: string): Uint8Array => Buffer.from(byte.repeat(length))

async function write(disk: Disk, name: string, content: Uint8Array, sync = false): Promise<void> {
  const file = (await disk.create(name)) ?? (await disk.openWrite(name))!
  await file.write(0, content)
  if (sync) await file.sync()
  await file.close()
}

/** Every file by its path, as text; folders as null. */
async function treeOf(disk: Disk, folder = ''): Promise<Record<string, string | null>> {
  const tree: Record<string, string | null> = {}
  for (const { name, kind } of (await disk.list(folder || '/')) ?? []) {
    const place = `${folder}/${name}`
    tree[place] = null
    if (kind === 'folder') Object.assign(tree, await treeOf(disk, place))
    else {
      const file = (await disk.openRead(place))!
      tree[place] = Buffer.from(await file.read(0, 1e9)).toString()
    }
  }
  return tree
}

async function treesAfterCrash(disk: SimDisk, limit = 10_000): Promise<Set<string>> {
  const trees = new Set<string>()
  for (const state of crashStates(disk, { limit })) trees.add(JSON.stringify(await treeOf(state)))
  return trees
}

const json = (...trees: Record<string, string | null>[]): Set<string> =>
  new Set(trees.map((tree) => JSON.stringify(tree)))

describe('after a crash', () => {
  it('a synced file without a synced name is there or not; its bytes are never others', async () => {
    const disk = new SimDisk()
    await write(disk, '/a', fill(3, 'x'), true)
    expect(await treesAfterCrash(disk)).toEqual(json({}, { '/a': 'xxx' }))
    await disk.syncFolder('/')
    expect(await treesAfterCrash(disk)).toEqual(json({ '/a': 'xxx' }))
    expect(disk.hasVolatile).toBe(false)
  })

  it('unsynced bytes are lost, cut or there, and zero where only the length came back', async () => {
    const disk = new SimDisk()
    await write(disk, '/a', new Uint8Array(0), true)
    await disk.syncFolder('/')
    await write(disk, '/a', Buffer.concat([fill(SECTOR_BYTES, 'x'), fill(2, 'y')]))
    const x = 'x'.repeat(SECTOR_BYTES)
    const nul = '\0'.repeat(SECTOR_BYTES)
    expect(await treesAfterCrash(disk)).toEqual(
      json(
        { '/a': '' },
        { '/a': x },
        { '/a': nul },
        { '/a': `${x}yy` },
        { '/a': `${nul}yy` },
        { '/a': `${x}\0\0` },
        { '/a': `${nul}\0\0` },
      ),
    )
  })

  it('a sector overwritten twice comes back in any of its three versions', async () => {
    const disk = new SimDisk()
    await write(disk, '/a', fill(2, '1'), true)
    await disk.syncFolder('/')
    await write(disk, '/a', fill(2, '2'))
    await write(disk, '/a', fill(2, '3'))
    expect(await treesAfterCrash(disk)).toEqual(
      json({ '/a': '11' }, { '/a': '22' }, { '/a': '33' }),
    )
  })

  it('files are independent: the later write may survive the earlier one', async () => {
    const disk = new SimDisk()
    for (const name of ['/a', '/b']) await write(disk, name, fill(1, '0'), true)
    await disk.syncFolder('/')
    for (const name of ['/a', '/b']) await write(disk, name, fill(1, '1'))
    expect((await treesAfterCrash(disk)).size).toBe(4)
  })

  it('a rename over a name is the old file or the new one, never neither', async () => {
    const disk = new SimDisk()
    await write(disk, '/a', fill(1, 'o'), true)
    await write(disk, '/b', fill(1, 'n'), true)
    await disk.syncFolder('/')
    await disk.rename('/b', '/a')
    expect(await treesAfterCrash(disk)).toEqual(json({ '/a': 'o', '/b': 'n' }, { '/a': 'n' }))
  })

  it('a new file renamed over an old one without a sync of its bytes may come back empty', async () => {
    const disk = new SimDisk()
    await write(disk, '/a', fill(3, 'o'), true)
    await disk.syncFolder('/')
    await write(disk, '/b', fill(3, 'n'))
    await disk.rename('/b', '/a')
    const trees = await treesAfterCrash(disk)
    expect(trees).toContain(JSON.stringify({ '/a': '' }))
    expect(trees).toContain(JSON.stringify({ '/a': 'nnn' }))
    expect(trees).toContain(JSON.stringify({ '/a': 'ooo' }))
  })

  it('a move to another folder is durable with either of them, and so is what came before', async () => {
    const disk = new SimDisk()
    await disk.makeFolder('/x')
    await disk.makeFolder('/y')
    await disk.syncFolder('/')
    await write(disk, '/x/a', fill(1, 'a'), true)
    await disk.rename('/x/a', '/y/a')
    expect(await treesAfterCrash(disk)).toEqual(
      json(
        { '/x': null, '/y': null },
        { '/x': null, '/x/a': 'a', '/y': null },
        {
          '/x': null,
          '/y': null,
          '/y/a': 'a',
        },
      ),
    )
    await disk.syncFolder('/y')
    expect(await treesAfterCrash(disk)).toEqual(json({ '/x': null, '/y': null, '/y/a': 'a' }))
  })

  it('an unlink may be undone, and the file is back with its bytes', async () => {
    const disk = new SimDisk()
    await write(disk, '/a', fill(2, 'a'), true)
    await disk.syncFolder('/')
    await disk.unlink('/a')
    expect(await treesAfterCrash(disk)).toEqual(json({}, { '/a': 'aa' }))
    await disk.syncFolder('/')
    expect(await treesAfterCrash(disk)).toEqual(json({}))
  })

  it('a synced folder below an unsynced one is gone with it', async () => {
    const disk = new SimDisk()
    await disk.makeFolder('/x/y')
    await write(disk, '/x/y/a', fill(1, 'a'), true)
    await disk.syncFolder('/x/y')
    const trees = await treesAfterCrash(disk)
    expect(trees).toEqual(json({}, { '/x': null }, { '/x': null, '/x/y': null, '/x/y/a': 'a' }))
  })

  it('a state has nothing left to lose, and leaves the disk that it came from alone', async () => {
    const disk = new SimDisk()
    await write(disk, '/a', fill(3 * SECTOR_BYTES, 'a'))
    const before = JSON.stringify(await treeOf(disk))
    for (const state of crashStates(disk)) {
      expect(state.hasVolatile).toBe(false)
      await write(state, '/new', fill(1, 'n'), true)
      await state.unlink('/a')
    }
    expect(JSON.stringify(await treeOf(disk))).toBe(before)
  })

  it('samples where there are too many, by the seed, with the two extremes in it', async () => {
    const disk = new SimDisk()
    await write(disk, '/a', new Uint8Array(0), true)
    await disk.syncFolder('/')
    await write(disk, '/a', fill(40 * SECTOR_BYTES, 'a'))
    expect(crashStateCount(disk)).toBeGreaterThan(2 ** 40)
    const sample = async (seed: number): Promise<string[]> => {
      const trees: string[] = []
      for (const state of crashStates(disk, { limit: 20, seed }))
        trees.push(JSON.stringify(await treeOf(state)))
      return trees
    }
    const [first, again, other] = [await sample(1), await sample(1), await sample(2)]
    expect(again).toEqual(first)
    expect(other).not.toEqual(first)
    expect(first).toContain(JSON.stringify({ '/a': '' }))
    expect(first).toContain(JSON.stringify({ '/a': 'a'.repeat(40 * SECTOR_BYTES) }))
    expect(first.length).toBeLessThanOrEqual(20)
  })

  it('what is there now is in every sample, also where a sector is again as it is durable', async () => {
    const disk = new SimDisk()
    await write(disk, '/a', new Uint8Array(0), true)
    await disk.syncFolder('/')
    await write(disk, '/a', fill(1, '1'))
    const file = (await disk.openWrite('/a'))!
    await file.truncate(0)
    await file.write(SECTOR_BYTES, fill(1, '1'))
    const now = JSON.stringify(await treeOf(disk))
    for (const limit of [2, 3, 100]) expect(await treesAfterCrash(disk, limit)).toContain(now)
    expect(JSON.stringify(await treeOf(copyOfDisk(disk)))).toBe(now)
  })

  it('what was made durable is in every state, whatever was done', async () => {
    const names = ['/a', '/b', '/x/c', '/x/d']
    const step = fc.oneof(
      fc.record({
        do: fc.constant('write' as const),
        name: fc.constantFrom(...names),
        size: fc.nat(1200),
      }),
      fc.record({
        do: fc.constant('rename' as const),
        name: fc.constantFrom(...names),
        to: fc.constantFrom(...names),
      }),
      fc.record({ do: fc.constant('unlink' as const), name: fc.constantFrom(...names) }),
      fc.record({ do: fc.constant('syncAll' as const) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), fc.nat(), async (steps, seed) => {
        const disk = new SimDisk()
        await disk.makeFolder('/x')
        let durable = await settle(disk)
        let since = 0
        for (const one of steps) {
          since += 1
          if (one.do === 'write') await write(disk, one.name, fill(one.size, 'w'))
          else if (one.do === 'rename') await disk.rename(one.name, one.to).catch(() => {})
          else if (one.do === 'unlink') await disk.unlink(one.name)
          else {
            durable = await settle(disk)
            since = 0
          }
        }
        const now = JSON.stringify(await treeOf(disk))
        const trees: string[] = []
        for (const state of crashStates(disk, { limit: 30, seed }))
          trees.push(JSON.stringify(await treeOf(state)))
        expect(trees).toContain(JSON.stringify(durable))
        expect(trees).toContain(now)
        if (since === 0) expect(new Set(trees).size).toBe(1)
      }),
      { numRuns: 150 },
    )
  })
})

/** Makes everything durable, and says what that is. */
async function settle(disk: SimDisk): Promise<Record<string, string | null>> {
  const tree = await treeOf(disk)
  for (const [place, content] of Object.entries(tree)) {
    if (content === null) await disk.syncFolder(place)
    else await (await disk.openWrite(place))!.sync()
  }
  await disk.syncFolder('/')
  return tree
}
