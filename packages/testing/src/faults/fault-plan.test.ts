import { diskError, isStoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { SimDisk } from '../disk/sim-disk.js'
import { newMachine, powerLost } from '../explore/sim-machine.js'
import { SimClock } from '../time/sim-clock.js'
import { plannedFault } from './fault-plan.js'
import { errnos, faultOf, faultyDisk, opens } from './faulty-disk.js'
import { faultyPorts } from './faulty-ports.js'
import { slowDisk } from './slow-disk.js'

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

  it.each(errnos)('%s is told as the real disk tells it', async (errno) => {
    const { outcomes } = await write(new SimDisk(), { index: 0, errno })
    const full = errno === 'ENOSPC' || errno === 'EDQUOT'
    expect(outcomes).toEqual([`${full ? 'DISK_FULL' : 'DISK_ERROR'} ${errno}`, 'done', 'done'])
    const real = diskError(Object.assign(new Error(errno), { code: errno }), 'create', '/a')
    expect(faultOf(errno, 'create', '/a')).toMatchObject({
      code: real.code,
      retryable: real.retryable,
      detail: real.detail,
    })
  })

  it.each([
    [0, ''],
    [0.25, '01'],
    [0.99, '012345678'],
    [1, '0123456789'],
  ])('cuts a write short after %d of its bytes', async (written, left) => {
    const disk = new SimDisk()
    const plan = { index: 0, calls: ['write'], errno: 'EIO', written } as const
    const { outcomes } = await write(disk, plan)
    expect(outcomes).toEqual(['DISK_ERROR EIO', 'done', 'done'])
    expect(await contentOf(disk, '/a')).toBe(left)
  })

  it('descriptors run out for what opens, and for nothing else', async () => {
    const disk = new SimDisk()
    const plan = { index: 1, calls: opens, errno: 'EMFILE', lasts: 'for-good' } as const
    const { outcomes, fault, faulty } = await write(disk, plan)
    expect(outcomes).toEqual(['done', 'DISK_ERROR EMFILE', 'DISK_ERROR EMFILE'])
    expect((await faulty.list('/'))?.map(({ name }) => name)).toEqual(['a'])
    await expect(faulty.openRead('/a')).rejects.toMatchObject({ retryable: true })
    fault.heal()
    expect(await faulty.openRead('/a')).toBeDefined()
    expect(fault.calls()).toBe(4)
  })
})

describe('a slow disk', () => {
  it('answers when its time has come, call by call', async () => {
    const clock = new SimClock()
    const disk = slowDisk({
      disk: new SimDisk({ clock }),
      clock,
      delayMs: (call) => ({ write: 30, sync: 500 })[call as string] ?? 0,
    })
    const file = await disk.create('/a')
    const done: string[] = []
    const writing = (async () => {
      await file!.write(0, Buffer.from('x'))
      done.push('write')
      await file!.sync()
      done.push('sync')
    })()
    const settle = () => new Promise(setImmediate)
    for (const [ms, expected] of [
      [29, []],
      [1, ['write']],
      [499, ['write']],
      [1, ['write', 'sync']],
    ] as const) {
      await settle()
      clock.advance(ms)
      await settle()
      expect(done).toEqual(expected)
    }
    await writing
  })
})

describe('a machine with a fault', () => {
  const row = [{ type: 'put', key: 'a', value: Buffer.from('1') }] as const

  it('counts effects of disk and database together', async () => {
    const failed: string[] = []
    for (let index = 0; failed.length === index; index += 1) {
      const { ports, hit } = faultyPorts(newMachine(), { index, errno: 'ENOSPC' })
      const level = await ports.levels.open('/level', { createIfMissing: true })
      const file = () => ports.disk.create('/a')
      await Promise.resolve()
        .then(file)
        .then((one) => one!.sync())
        .then(() => level.batch([...row], { sync: true } as object))
        .then(() => level.compactRange('a', 'b'))
        .then(() => ports.disk.unlink('/a'))
        .catch(() => failed.push(hit()!.call))
    }
    expect(failed).toEqual(['create', 'sync', 'batch', 'compact', 'compact', 'unlink'])
  })

  it('tears the log where a batch fails, and what is acknowledged later is lost', async () => {
    const machine = newMachine()
    const { ports } = faultyPorts(machine, { index: 1, calls: ['batch'], errno: 'EIO' })
    const level = await ports.levels.open('/level', { createIfMissing: true })
    const put = (key: string) =>
      level.batch([{ type: 'put', key, value: Buffer.from(key) }], { sync: true } as object)
    await put('a')
    await expect(put('b')).rejects.toMatchObject({ code: 'LEVEL_IO_ERROR' })
    await put('c')
    expect([...powerLost(machine).level.snapshot().keys()]).toEqual(['a'])
  })

  it('leaves a batch there whose answer was lost', async () => {
    const machine = newMachine()
    const plan = { index: 0, calls: ['batch'], errno: 'EIO', when: 'after' } as const
    const { ports } = faultyPorts(machine, plan)
    const level = await ports.levels.open('/level', { createIfMissing: true })
    await expect(level.batch([...row], { sync: true } as object)).rejects.toThrow()
    expect([...powerLost(machine).level.snapshot().keys()]).toEqual(['a'])
  })
})
