// Values that are overwritten where they lie: nothing of them is left, their neighbours stay, and a write that is torn at
// any byte is finished by whoever opens the folder next.

import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Disk, type DiskFile, nodeDisk, readWhole, StoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { eraseRanges } from './erase.js'
import { ManualClock, steadyEntropy, temporaryFolder, text } from './journal.fixture.js'
import { Journal } from './journal.js'
import { type Level, type LevelOperation, openLevel, writeSynced } from './level.js'
import { checkLevelFiles } from './level-check.js'
import { isSoundTable, readableEntries } from './leveldb-table.js'
import { finishOverwriting } from './overwriting.js'
import { scanFile } from './scan.js'
import { patchesOf } from './table-patches.js'

const CANARY = 'canary-of-an-overwritten-value-62c0d9b41e'
const ROWS = 300
const DEAD = 150

const key = (number: number) => `t/${String(number).padStart(6, '0')}/row`
const range = { from: 't/000150/', to: 't/0001500' }

/** A table of many blocks, and one deleted row in the middle of it. */
async function makeFolder(): Promise<string> {
  const folder = path.join(temporaryFolder(), 'level')
  const level = await openLevel(folder, { createIfMissing: true })
  const rows = Array.from({ length: ROWS }, (_, number): LevelOperation => {
    const value = number === DEAD ? `${CANARY} ${'x'.repeat(700)} ${CANARY}` : `row ${number}`
    return { type: 'put', key: key(number), value: Buffer.from(value.padEnd(200, '.')) }
  })
  await writeSynced(level, rows)
  await level.compactRange('t/', 't0')
  await writeSynced(level, [{ type: 'del', key: key(DEAD) }])
  await level.close()
  return folder
}

const fail = (cause: unknown) => new StoreError('STORE_FAILED', 'a sync failed', { cause })
const erase = (level: Level, disk: Disk) =>
  eraseRanges(level, (operations) => writeSynced(level, operations), [range], {
    inPlace: { disk, fail },
  })

const tablesIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ldb'))
    .map((name) => path.join(folder, name))

async function residue(folder: string): Promise<number> {
  let hits = 0
  for (const name of readdirSync(folder)) {
    if (name === 'LOCK') continue
    hits += (await scanFile(nodeDisk, path.join(folder, name), [Buffer.from(CANARY)])).hits.length
  }
  return hits
}

async function expectNeighbours(level: Level): Promise<void> {
  const keys = Array.from({ length: ROWS }, (_, number) => key(number))
  const values = await level.getMany(keys)
  for (const [number, value] of values.entries()) {
    if (number === DEAD) expect(value).toBeUndefined()
    else expect(text(value!)).toBe(`row ${number}`.padEnd(200, '.'))
  }
}

async function expectErased(folder: string, level: Level): Promise<void> {
  expect(await residue(folder)).toBe(0)
  await expectNeighbours(level)
}

/** Ends at the given write into a table, of which only the first bytes reach the disk. */
function tearing(atWrite: number, bytesKept: number, writes: number[]): Disk {
  const torn = (file: DiskFile): DiskFile => ({
    path: file.path,
    read: (offset, length) => file.read(offset, length),
    size: () => file.size(),
    truncate: (length) => file.truncate(length),
    sync: () => file.sync(),
    close: () => file.close(),
    async write(offset, bytes) {
      writes.push(bytes.length)
      if (writes.length <= atWrite) return file.write(offset, bytes)
      await file.write(offset, bytes.subarray(0, bytesKept))
      throw new Error('the power went')
    },
  })
  return {
    ...nodeDisk,
    async openWrite(name) {
      const file = await nodeDisk.openWrite(name)
      return file && torn(file)
    },
  }
}

describe('overwriting values in tables', () => {
  it('leaves no byte of them, and rewrites no table', async () => {
    const folder = await makeFolder()
    const before = tablesIn(folder)
    expect(await residue(folder)).toBeGreaterThan(0)
    const level = await openLevel(folder, { createIfMissing: false })
    expect(await erase(level, nodeDisk)).toEqual({
      ranges: 1,
      wholeDatabase: false,
      tablesLeft: 0,
    })
    expect(tablesIn(folder)).toEqual(expect.arrayContaining(before))
    await expectErased(folder, level)
    await level.compactRange('t/', 't0')
    await expectErased(folder, level)
    await level.close()
    expect(await checkLevelFiles(nodeDisk, folder)).toBe('sound')
  })

  it('follows a value that a compaction has copied before it was overwritten', async () => {
    const folder = path.join(temporaryFolder(), 'level')
    const level = await openLevel(folder, { createIfMissing: true })
    const write = async (operations: LevelOperation[]) => {
      await writeSynced(level, operations)
      // Below every key: a table is written, none is rewritten. It goes to the level above what it overlaps.
      await level.compactRange('!', '!')
    }
    const put = (number: number, value: string): LevelOperation => ({
      type: 'put',
      key: key(number),
      value: Buffer.from(value.padEnd(200, '.')),
    })
    const all = Array.from({ length: ROWS }, (_, number) => number)
    await write(all.map((number) => put(number, 'old')))
    await write(all.map((number) => put(number, number === DEAD ? CANARY : `row ${number}`)))
    await write([{ type: 'del', key: key(DEAD) }])

    const written: string[] = []
    let copied: string[] = []
    const disk: Disk = {
      ...nodeDisk,
      async openWrite(name) {
        if (written.length === 0) {
          // Of other keys: the deletion, in a table of its own, has no part in it.
          await level.compactRange(key(0), key(9))
          const holding = tablesIn(folder).filter((table) => readFileSync(table).includes(CANARY))
          copied = holding.filter((table) => table !== name)
        }
        written.push(name)
        return nodeDisk.openWrite(name)
      },
    }
    expect((await erase(level, disk)).tablesLeft).toBe(0)
    expect(copied).toHaveLength(1)
    expect(written).toContain(copied[0])
    await expectErased(folder, level)
    await level.close()
  })

  it('reads as a deletion what was overwritten', async () => {
    const folder = await makeFolder()
    const level = await openLevel(folder, { createIfMissing: false })
    await erase(level, nodeDisk)
    await level.close()
    const dead = tablesIn(folder)
      .flatMap((name) => [...readableEntries(readFileSync(name))])
      .filter((entry) => entry.key === key(DEAD))
    expect(dead.length).toBeGreaterThan(1)
    expect(dead.every(({ value }) => value === undefined)).toBe(true)
  })

  it('is finished at the next open, wherever a write was torn', async () => {
    const template = await makeFolder()
    let unsound = 0
    let cuts = 0
    for (let kept = 0, over = false; !over; kept += 61) {
      const folder = path.join(temporaryFolder(), 'level')
      cpSync(template, folder, { recursive: true })
      const level = await openLevel(folder, { createIfMissing: false })
      const writes: number[] = []
      await expect(erase(level, tearing(0, kept, writes))).rejects.toThrow()
      await level.close()
      over = kept > writes[0]!
      cuts += 1
      if (!tablesIn(folder).every((name) => isSoundTable(readFileSync(name)))) unsound += 1
      expect(existsSync(path.join(folder, 'overwriting.json'))).toBe(true)
      expect(await checkLevelFiles(nodeDisk, folder)).toBe('sound')
      const again = await openLevel(folder, { createIfMissing: false })
      expect(existsSync(path.join(folder, 'overwriting.json'))).toBe(false)
      expect(tablesIn(folder).every((name) => isSoundTable(readFileSync(name)))).toBe(true)
      await expectErased(folder, again)
      await again.close()
    }
    expect(cuts).toBeGreaterThan(10)
    // Without a record such a table is damage, or there would be nothing to finish.
    expect(unsound).toBeGreaterThan(cuts / 2)
  })

  it('ends a store of which a table cannot be synced, and is written anew at the next open', async () => {
    const folder = await makeFolder()
    const level = await openLevel(folder, { createIfMissing: false })
    const disk: Disk = {
      ...nodeDisk,
      async openWrite(name) {
        const file = await nodeDisk.openWrite(name)
        if (file) file.sync = () => Promise.reject(new StoreError('DISK_ERROR', 'not synced'))
        return file
      },
    }
    const { journal } = await Journal.open({
      level,
      disk,
      anchorPath: path.join(path.dirname(folder), 'anchor.json'),
      clock: new ManualClock(),
      entropy: steadyEntropy(),
      fresh: true,
    })
    await expect(journal.eraseRanges([range])).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(journal.failure?.code).toBe('STORE_FAILED')
    await expect(journal.eraseRanges([range])).rejects.toMatchObject({ code: 'STORE_FAILED' })
    await journal.close()
    expect(existsSync(path.join(folder, 'overwriting.json'))).toBe(true)
    const again = await openLevel(folder, { createIfMissing: false })
    expect(existsSync(path.join(folder, 'overwriting.json'))).toBe(false)
    await expectErased(folder, again)
    await again.close()
  })

  it('takes a torn block for damage where no record is there', async () => {
    const folder = await makeFolder()
    const level = await openLevel(folder, { createIfMissing: false })
    await expect(erase(level, tearing(0, 400, []))).rejects.toThrow()
    await level.close()
    writeFileSync(path.join(folder, 'overwriting.json'), '[[')
    await expect(checkLevelFiles(nodeDisk, folder)).rejects.toMatchObject({ code: 'LEVEL_DAMAGED' })
  })

  it('leaves tables alone that a record was not made for', async () => {
    const folder = await makeFolder()
    const [name] = tablesIn(folder)
    const table = (await readWhole(nodeDisk, name!))!
    const source = {
      size: table.length,
      read: async (at: number, length: number) => table.subarray(at, at + length),
    }
    const patches = await patchesOf(source, [range])
    expect(patches).toHaveLength(1)
    const { place } = patches![0]!
    const other = { ...patches![0]!, place: { ...place, offset: place.offset + 1 } }
    const number = Number.parseInt(path.basename(name!), 10)
    writeFileSync(
      path.join(folder, 'overwriting.json'),
      JSON.stringify([
        [number, [other]],
        [number + 1_000, patches],
      ]),
    )
    await finishOverwriting({ disk: nodeDisk, fail }, folder)
    expect(Buffer.compare(readFileSync(name!), table)).toBe(0)
  })

  it('keeps a value whose key came to life in a range once the erasure had begun', async () => {
    const folder = await makeFolder()
    const level = await openLevel(folder, { createIfMissing: false })
    const lately = `${key(DEAD)}/lately`
    const value = Buffer.from('a value that came late, and lives')
    let puts = 0
    const disk: Disk = {
      ...nodeDisk,
      // The logs are listed behind the look at the keys of the range, and before the flush.
      async list(name) {
        puts += 1
        if (puts === 1) await writeSynced(level, [{ type: 'put', key: lately, value }])
        return nodeDisk.list(name)
      },
    }
    expect((await erase(level, disk)).tablesLeft).toBe(0)
    expect(puts).toBeGreaterThan(0)
    expect(text(await level.get(lately))).toBe(text(value))
    await expectErased(folder, level)
    await level.close()
    expect(await checkLevelFiles(nodeDisk, folder)).toBe('sound')
  })

  it('takes nothing from a record that is not whole', async () => {
    const template = await makeFolder()
    const [name] = tablesIn(template)
    const number = Number.parseInt(path.basename(name!), 10)
    const table = readFileSync(name!)
    const place = { offset: 0, bytes: 100 }
    const patch = { place, spans: [[0, 10]], checksum: 5 }
    const patches: unknown[] = [
      ...[null, {}, { place }, { place: null, spans: [[0, 1]], checksum: 5 }],
      ...[-5, 0.5, '0', 2 ** 40, table.length].map((offset) => ({
        ...patch,
        place: { offset, bytes: 100 },
      })),
      // Node ends the process where a read is asked for more bytes than 32 bits count.
      ...[-1, 0, 2 ** 31, 2 ** 32, 1e12].map((bytes) => ({
        ...patch,
        place: { offset: 0, bytes },
      })),
      ...[null, [], [null], [[]], [[5, 500]], [[-5, 5]], [[5, 5]], [[7, 6]]].map((spans) => ({
        ...patch,
        spans,
      })),
      ...[-1, 2 ** 32, null].map((checksum) => ({ ...patch, checksum })),
    ]
    const records = [
      ...['', '[[5,[{"pl', 'null', '5', '"text"', '{"a":1}', '[1,2]', '[[[[]]]]'],
      ...[{}, 5, null].map((blocks) => JSON.stringify([[number, blocks]])),
      ...patches.map((each) => JSON.stringify([[number, [each]]])),
      JSON.stringify([[`../${number}`, [patch]]]),
      JSON.stringify([['a\u0000b', [patch]]]),
    ]
    for (const record of records) {
      writeFileSync(path.join(template, 'overwriting.json'), record)
      const level = await openLevel(template, { createIfMissing: false })
      await level.close()
      expect(existsSync(path.join(template, 'overwriting.json'))).toBe(false)
      expect(Buffer.compare(readFileSync(name!), table)).toBe(0)
    }
    expect(records.length).toBeGreaterThan(30)
    const damaged = Buffer.from(table)
    damaged[40]! ^= 1
    writeFileSync(name!, damaged)
    for (const record of records) {
      writeFileSync(path.join(template, 'overwriting.json'), record)
      const check = checkLevelFiles(nodeDisk, template)
      await expect(check).rejects.toMatchObject({ code: 'LEVEL_DAMAGED' })
    }
  })

  it('reads nothing where a damaged footer says that the index is', async () => {
    const folder = await makeFolder()
    const [name] = tablesIn(folder)
    const table = readFileSync(name!)
    const footer = table.length - 48
    let refused = 0
    for (let at = footer; at < footer + 20; at += 1) {
      for (let bit = 0; bit < 8; bit += 1) {
        const changed = Buffer.from(table)
        changed[at]! ^= 1 << bit
        const source = {
          size: changed.length,
          read: async (from: number, length: number) => {
            expect(from + length).toBeLessThanOrEqual(changed.length)
            return changed.subarray(from, from + length)
          },
        }
        if (!(await patchesOf(source, [range]))) refused += 1
      }
    }
    expect(refused).toBeGreaterThan(8)
  })

  it('touches nothing of a block that is damaged already', async () => {
    const folder = await makeFolder()
    const [name] = tablesIn(folder)
    const table = Buffer.from(readFileSync(name!))
    const source = {
      size: table.length,
      read: async (at: number, length: number) => table.subarray(at, at + length),
    }
    const at = table.indexOf(CANARY)
    table[at - 1]! ^= 1
    expect(await patchesOf(source, [range])).toBeUndefined()
    table[at - 1]! ^= 1
    expect(await patchesOf(source, [range])).toHaveLength(1)
    // Elsewhere in the table it is none of the erasure's concern.
    table[at + 60_000 < table.length ? at + 60_000 : 100]! ^= 1
    expect(await patchesOf(source, [range])).toHaveLength(1)
  })
})
