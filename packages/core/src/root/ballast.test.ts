import { stat, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Disk, nodeDisk, nodeEntropy } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { Ballast } from './ballast.js'
import { diskError, diskFull, failNth, faultyDisk } from './faulty-disk.fixture.js'
import { temporaryFolders } from './temporary-folder.fixture.js'

const mebibyte = 1024 * 1024

describe('Ballast', () => {
  const temporaryFolder = temporaryFolders()
  const make = async (disk: Disk = nodeDisk, sizeBytes?: number) => {
    const file = path.join(await temporaryFolder(), 'ballast')
    const size = sizeBytes === undefined ? {} : { sizeBytes }
    return { file, ballast: new Ballast({ disk, path: file, entropy: nodeEntropy, ...size }) }
  }

  it('is 8 MiB of blocks that are really there', async () => {
    const { file, ballast } = await make()
    expect(await ballast.restore()).toBe(true)
    const { size, blocks } = await stat(file)
    expect(size).toBe(8 * mebibyte)
    expect(blocks * 512).toBeGreaterThanOrEqual(8 * mebibyte)
  })

  it('is given up once, and can be taken again', async () => {
    const { file, ballast } = await make(nodeDisk, 4096)
    expect(await ballast.release()).toBe(false)
    expect(await ballast.restore()).toBe(true)
    expect(await ballast.release()).toBe(true)
    expect(await nodeDisk.stat(file)).toBeUndefined()
    expect(await ballast.release()).toBe(false)
    expect(await ballast.restore()).toBe(true)
    expect(await ballast.restore()).toBe(true)
    expect((await nodeDisk.stat(file))?.bytes).toBe(4096)
  })

  it('replaces a short one, and gives up what a crash left beside it', async () => {
    const { file, ballast } = await make(nodeDisk, 4096)
    await ballast.restore()
    await truncate(file, 100)
    expect(await ballast.restore()).toBe(true)
    expect((await nodeDisk.stat(file))?.bytes).toBe(4096)
    await writeFile(`${file}.tmp`, 'left')
    await nodeDisk.unlink(file)
    expect(await ballast.release()).toBe(true)
    expect(await nodeDisk.list(path.dirname(file))).toEqual([])
  })

  it.each([0, 1, 2, 3])('takes nothing when the disk fills up at effect %i', async (index) => {
    const { fault, reached } = failNth(index, diskFull, (call) =>
      ['create', 'write', 'sync', 'rename'].includes(call),
    )
    const { file, ballast } = await make(faultyDisk(fault), 4096)
    expect(await ballast.restore()).toBe(false)
    expect(reached()).toBe(true)
    expect(await nodeDisk.list(path.dirname(file))).toEqual([])
    expect(await ballast.restore()).toBe(true)
  })

  it('leaves as much free as it takes', async () => {
    const free = { bytes: 2 * 4096 - 1 }
    const { file, ballast } = await make({ ...nodeDisk, freeBytes: async () => free.bytes }, 4096)
    expect(await ballast.restore()).toBe(false)
    expect(await nodeDisk.stat(file)).toBeUndefined()
    free.bytes += 1
    expect(await ballast.restore()).toBe(true)
  })

  it('tells any other failure of the disk', async () => {
    const { fault } = failNth(
      0,
      () => diskError('EIO'),
      (call) => call === 'sync',
    )
    const { ballast } = await make(faultyDisk(fault), 4096)
    await expect(ballast.restore()).rejects.toMatchObject({ code: 'DISK_ERROR' })
  })
})
