import { isStoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { SimDisk } from '../disk/sim-disk.js'
import { plannedFault } from './fault-plan.js'
import { type Errno, faultyDisk } from './faulty-disk.js'

async function write(disk: SimDisk, options: Parameters<typeof plannedFault>[0]) {
  const fault = plannedFault(options)
  const faulty = faultyDisk({ disk, judge: fault.judge })
  const outcomes: string[] = []
  for (const name of ['/a', '/b', '/c']) {
    try {
      const file = await faulty.create(name)
      await file!.write(0, Buffer.from('0123456789'))
      await file!.sync()
      outcomes.push('done')
    } catch (error) {
      outcomes.push(isStoreError(error) ? `${error.code} ${error.detail.errno}` : String(error))
    }
  }
  return { outcomes, fault, faulty }
}

const contentOf = async (disk: SimDisk, name: string): Promise<string | undefined> => {
  const file = await disk.openRead(name)
  return file && Buffer.from(await file.read(0, 99)).toString()
}

describe('a planned fault', () => {
  it('hits one call, and the first half of a write is there', async () => {
    const disk = new SimDisk()
    const { outcomes, fault } = await write(disk, { index: 4, errno: 'EIO' })
    expect(outcomes).toEqual(['done', 'DISK_ERROR EIO', 'done'])
    expect(fault.hit()).toEqual({ call: 'write', path: '/b' })
    expect(await contentOf(disk, '/b')).toBe('01234')
  })

  it('after its effect leaves the effect there', async () => {
    const disk = new SimDisk()
    const { outcomes } = await write(disk, {
      index: 1,
      calls: ['write'],
      errno: 'ENOSPC',
      when: 'after',
    })
    expect(outcomes).toEqual(['done', 'DISK_FULL ENOSPC', 'done'])
    expect(await contentOf(disk, '/b')).toBe('0123456789')
  })

  it('for good lasts until it is healed, and may concern some paths alone', async () => {
    const disk = new SimDisk()
    const { outcomes, fault, faulty } = await write(disk, {
      index: 0,
      errno: 'EROFS',
      lasts: 'for-good',
      concerns: (path) => path !== '/a',
    })
    expect(outcomes).toEqual(['done', 'DISK_ERROR EROFS', 'DISK_ERROR EROFS'])
    fault.heal()
    expect(await faulty.create('/d')).toBeDefined()
  })

  it.each(['EIO', 'ENOSPC', 'EPERM', 'EACCES', 'EBUSY', 'EMFILE', 'EROFS'] as Errno[])(
    '%s is told as the real disk tells it',
    async (errno) => {
      const { outcomes } = await write(new SimDisk(), { index: 0, errno })
      expect(outcomes[0]).toBe(`${errno === 'ENOSPC' ? 'DISK_FULL' : 'DISK_ERROR'} ${errno}`)
    },
  )

  it('a slow disk waits before every call', async () => {
    const waited: string[] = []
    const disk = faultyDisk({
      disk: new SimDisk(),
      judge: () => undefined,
      beforeCall: async (call, path) => {
        waited.push(`${call} ${path}`)
      },
    })
    const file = await disk.create('/a')
    await file!.write(0, Buffer.from('x'))
    await file!.sync()
    expect(waited).toEqual(['create /a', 'write /a', 'sync /a'])
  })
})
