import { describe, expect, it } from 'vitest'
import type { SimLevel } from '../level/sim-level.js'
import { fingerprintOf } from './fingerprint.js'
import { newMachine, portsOf, powerLost, type SimMachine } from './sim-machine.js'

interface Used {
  readonly machine: SimMachine
  readonly level: SimLevel
}

const synced = { sync: true } as object
const put = (level: SimLevel, key: string, text: string): Promise<void> =>
  level.batch([{ type: 'put', key, value: Buffer.from(text) }], synced)

/** A machine with two files and two values. */
async function used(): Promise<Used> {
  const machine = newMachine()
  const ports = portsOf(machine, (_effect, _where, run) => run())
  const level = await ports.levels.open('/level', { createIfMissing: true })
  for (const name of ['a', 'b']) {
    const file = (await ports.disk.create(`/${name}`))!
    await file.write(0, Buffer.from(`content of ${name}`))
    await file.sync()
    await file.close()
    await put(level, name, `value of ${name}`)
  }
  await ports.disk.syncFolder('/')
  return { machine, level }
}

const changes: readonly (readonly [what: string, change: (used: Used) => Promise<unknown>])[] = [
  ['a byte', async ({ machine }) => (await machine.disk.openWrite('/a'))!.write(0, Buffer.of(1))],
  ['a length', async ({ machine }) => (await machine.disk.openWrite('/a'))!.truncate(3)],
  ['a name', ({ machine }) => machine.disk.rename('/a', '/c')],
  ['a missing file', ({ machine }) => machine.disk.unlink('/a')],
  ['a folder', ({ machine }) => machine.disk.makeFolder('/c')],
  ['a second name', ({ machine }) => machine.disk.link('/a', '/c')],
  ['who may read', ({ machine }) => machine.disk.setMode('/a', 0o644)],
  ['a value', ({ level }) => put(level, 'a', 'another')],
  ['a deletion', ({ level }) => level.batch([{ type: 'del', key: 'a' }], synced)],
  ['a deletion of nothing', ({ level }) => level.batch([{ type: 'del', key: 'z' }], synced)],
  [
    'where a value lies',
    async ({ level }) => {
      await level.compactRange('a', 'a')
      await put(level, 'a', 'value of a')
      await level.compactRange('a', 'a')
    },
  ],
]

describe('the fingerprint of a machine', () => {
  it('is the same for two that were used in the same way, and for a copy', async () => {
    const [one, other] = [await used(), await used()]
    expect(fingerprintOf(one.machine)).toBe(fingerprintOf(other.machine))
    const back = powerLost(one.machine)
    expect(fingerprintOf(powerLost(other.machine))).toBe(fingerprintOf(back))
    expect(fingerprintOf({ ...back, level: back.level.copy() })).toBe(fingerprintOf(back))
  })

  it('is the same when something was changed and changed back', async () => {
    const { machine } = await used()
    const before = fingerprintOf(machine)
    await machine.disk.rename('/a', '/c')
    expect(fingerprintOf(machine)).not.toBe(before)
    await machine.disk.rename('/c', '/a')
    expect(fingerprintOf(machine)).toBe(before)
  })

  it.each(changes)('tells %s', async (_what, change) => {
    const one = await used()
    const before = fingerprintOf(one.machine)
    await change(one)
    expect(fingerprintOf(one.machine)).not.toBe(before)
  })

  it('tells two files with one content from one file with two names', async () => {
    const copied = await used()
    await copied.machine.disk.unlink('/b')
    const linked = await used()
    await linked.machine.disk.unlink('/b')
    await linked.machine.disk.link('/a', '/b')
    const file = (await copied.machine.disk.create('/b'))!
    await file.write(0, Buffer.from('content of a'))
    expect(fingerprintOf(copied.machine)).not.toBe(fingerprintOf(linked.machine))
  })
})
