import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { nodeDisk } from '@cenotaph/storage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diskError, diskFull, failNth, faultyDisk } from '../root/faulty-disk.fixture.js'
import { temporaryFolders } from '../root/temporary-folder.fixture.js'
import { distinctPrepares, threadId } from './tombstone.fixture.js'
import { readTombstones, TombstoneFile } from './tombstone-file.js'
import { encodeHeader } from './tombstone-format.js'
import type { PrepareRecord } from './tombstone-record.js'

const create = { create: true }
const existing = { create: false }

const set = (n: number): PrepareRecord => ({
  kind: 'prepare',
  operationId: `01J0000000000000000000000${n}`,
  at: 1_770_000_000_000 + n,
  ids: [threadId(2 * n), threadId(2 * n + 1)],
  parentIds: [null, threadId(2 * n)],
})

describe('TombstoneFile', () => {
  const temporaryFolder = temporaryFolders()
  const newPath = async () => path.join(await temporaryFolder(), 'tombstones')

  it('makes an empty file, private, and reads it again', async () => {
    const file = await newPath()
    const tombstones = await TombstoneFile.open(nodeDisk, file, create)
    expect(tombstones.records()).toEqual([])
    expect(tombstones.lastPrepared).toBeUndefined()
    await tombstones.close()
    expect(await readFile(file)).toEqual(Buffer.from(encodeHeader()))
    expect((await nodeDisk.stat(file))?.mode).toBe(0o600)
    await (await TombstoneFile.open(nodeDisk, file, existing)).close()
  })

  it('refuses to go on without the file of a store that had one', async () => {
    const file = await newPath()
    await expect(TombstoneFile.open(nodeDisk, file, existing)).rejects.toMatchObject({
      code: 'TOMBSTONES_DAMAGED',
      detail: { missing: true },
    })
    expect(await nodeDisk.stat(file)).toBeUndefined()
    expect(await readTombstones(nodeDisk, file)).toBeUndefined()
  })

  it('refuses an emptied file, even where it may make one', async () => {
    const file = await newPath()
    await writeFile(file, '')
    await expect(TombstoneFile.open(nodeDisk, file, create)).rejects.toMatchObject({
      code: 'TOMBSTONES_DAMAGED',
    })
  })

  it('has what was prepared and not aborted, in order, also when opened again', async () => {
    const file = await newPath()
    const tombstones = await TombstoneFile.open(nodeDisk, file, create)
    await Promise.all([1, 2, 3].map((n) => tombstones.prepare(set(n))))
    await tombstones.abort(set(3).operationId)
    await tombstones.abort(set(3).operationId)
    const check = (opened: TombstoneFile) => {
      const abort = { kind: 'abort', operationId: set(3).operationId }
      expect(opened.records()).toEqual([set(1), set(2), set(3), abort])
      expect(opened.prepared()).toEqual([set(1), set(2)])
      expect(opened.lastPrepared).toEqual(set(2))
    }
    check(tombstones)
    await tombstones.close()
    const again = await TombstoneFile.open(nodeDisk, file, existing)
    check(again)
    expect(await readTombstones(nodeDisk, file)).toEqual(again.records())
    await again.close()
  })

  it('refuses what makes no sense, and writes nothing then', async () => {
    const file = await newPath()
    const tombstones = await TombstoneFile.open(nodeDisk, file, create)
    await tombstones.prepare(set(1))
    await tombstones.prepare(set(2))
    await tombstones.abort(set(2).operationId)
    const before = await readFile(file)
    const refusal = { code: 'ARGUMENT_INVALID' }
    await expect(tombstones.prepare(set(1))).rejects.toMatchObject(refusal)
    await expect(tombstones.prepare(set(2))).rejects.toMatchObject(refusal)
    await expect(tombstones.abort(set(3).operationId)).rejects.toMatchObject(refusal)
    await expect(tombstones.prepare({ ...set(4), ids: [] })).rejects.toMatchObject(refusal)
    expect(await readFile(file)).toEqual(before)
    await tombstones.prepare(set(5))
    await tombstones.close()
    await tombstones.close()
    await expect(tombstones.prepare(set(6))).rejects.toMatchObject({ code: 'STORE_CLOSED' })
  })

  it('cuts a torn tail, so that the next record stands alone', async () => {
    await fc.assert(
      fc.asyncProperty(distinctPrepares(2, 3), fc.nat(), async (sets, seed) => {
        const file = await newPath()
        const tombstones = await TombstoneFile.open(nodeDisk, file, create)
        const kept = sets.slice(0, -2)
        for (const one of kept) await tombstones.prepare(one)
        const from = (await readFile(file)).length
        await tombstones.prepare(sets.at(-2)!)
        await tombstones.close()
        const to = (await readFile(file)).length
        await truncate(file, from + (seed % (to - from - 20)))
        const again = await TombstoneFile.open(nodeDisk, file, existing)
        expect(again.records()).toEqual(kept)
        expect((await readFile(file)).length).toBe(from)
        await again.prepare(sets.at(-1)!)
        await again.close()
        expect(await readTombstones(nodeDisk, file)).toEqual([...kept, sets.at(-1)])
      }),
      { numRuns: 30 },
    )
  })

  it('seals a whole last record again and drops what stands behind it', async () => {
    const file = await newPath()
    const tombstones = await TombstoneFile.open(nodeDisk, file, create)
    await tombstones.prepare(set(1))
    await tombstones.close()
    const whole = await readFile(file)
    for (const tail of [Buffer.alloc(0), Buffer.alloc(20), Buffer.alloc(600, 7)]) {
      await writeFile(file, whole.subarray(0, -20))
      await appendFile(file, tail)
      const again = await TombstoneFile.open(nodeDisk, file, existing)
      expect(again.prepared()).toEqual([set(1)])
      await again.close()
      expect(await readFile(file)).toEqual(whole)
    }
  })

  it('closes and leaves alone a file that rotted', async () => {
    const file = await newPath()
    const tombstones = await TombstoneFile.open(nodeDisk, file, create)
    await tombstones.prepare(set(1))
    await tombstones.close()
    const bytes = await readFile(file)
    const offset = encodeHeader().length
    bytes[offset + 30]! ^= 4
    await writeFile(file, bytes)
    const refusal = { code: 'TOMBSTONES_DAMAGED', detail: { offset } }
    await expect(TombstoneFile.open(nodeDisk, file, create)).rejects.toMatchObject(refusal)
    await expect(readTombstones(nodeDisk, file)).rejects.toMatchObject(refusal)
    expect(await readFile(file)).toEqual(bytes)
  })

  it.each([
    ['DISK_FULL', diskFull],
    ['DISK_ERROR', () => diskError('EIO')],
  ])(
    'after one %s at any effect writes nothing more, and opens well again',
    async (code, error) => {
      let failures = 0
      for (let index = 0; failures === index; index += 1) {
        const file = await newPath()
        const { fault, reached } = failNth(
          index,
          error,
          (call) => call === 'write' || call === 'sync',
        )
        await (await TombstoneFile.open(nodeDisk, file, create)).close()
        const tombstones = await TombstoneFile.open(faultyDisk(fault), file, existing)
        const acknowledged: PrepareRecord[] = []
        const codes: (string | undefined)[] = []
        for (const one of [set(1), set(2), set(3)])
          await tombstones.prepare(one).then(
            () => acknowledged.push(one),
            (failure) => codes.push(failure.code),
          )
        expect(tombstones.records()).toEqual(acknowledged)
        await tombstones.close()
        if (reached()) failures += 1
        // An append is four effects, and nothing follows the one that failed.
        const refused = [code, 'STORE_FAILED', 'STORE_FAILED'].slice(0, 3 - Math.floor(index / 4))
        expect(codes).toEqual(reached() ? refused : [])
        expect(acknowledged.length).toBe(3 - codes.length)
        const again = await TombstoneFile.open(nodeDisk, file, existing)
        const found = again.records()
        expect(found.slice(0, acknowledged.length)).toEqual(acknowledged)
        expect(found.length - acknowledged.length).toBeLessThanOrEqual(1)
        await again.prepare(set(9))
        await again.close()
        expect(await readTombstones(nodeDisk, file)).toEqual([...found, set(9)])
      }
      expect(failures).toBe(12)
    },
  )

  it('leaves a file that opens, whichever effect of making or mending it fails', async () => {
    let failures = 0
    for (let index = 0; failures === index; index += 1) {
      const file = await newPath()
      const made = failNth(index, () => diskError('EIO'))
      const first = await TombstoneFile.open(faultyDisk(made.fault), file, create).catch(() => {})
      await first?.close()
      const tombstones = await TombstoneFile.open(nodeDisk, file, create)
      await tombstones.prepare(set(1))
      await tombstones.close()
      await truncate(file, (await readFile(file)).length - 20)
      const mended = failNth(index, () => diskError('EIO'))
      const second = await TombstoneFile.open(faultyDisk(mended.fault), file, create).catch(
        () => {},
      )
      await second?.close()
      expect(await readTombstones(nodeDisk, file)).toEqual([set(1)])
      if (made.reached() || mended.reached()) failures += 1
    }
    expect(failures).toBeGreaterThanOrEqual(6)
  })
})
