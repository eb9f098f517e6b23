// A damaged SimLevel shows what LevelDB shows after the same damage to its files.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ClassicLevel } from 'classic-level'
import { afterAll, describe, expect, it } from 'vitest'
import { newMachine } from '../explore/sim-machine.js'
import { pick, seededRandom } from '../random.js'
import {
  type DamagedLevel,
  type DamageOfLevel,
  damagedPorts,
  levelDamages,
} from './level-damage.js'
import { layoutOf } from './log-layout.js'
import { SimLevel } from './sim-level.js'
import { SimLevelFolder } from './sim-level-folder.js'

const view = { keyEncoding: 'utf8', valueEncoding: 'utf8' } as const
const synced = { sync: true } as object
const LOGS = 12
const FLIPS_A_LOG = 6

const top = mkdtempSync(path.join(os.tmpdir(), 'cenotaph-level-damage-'))
afterAll(() => rmSync(top, { recursive: true }))
let places = 0
const freshPlace = (): string => {
  places += 1
  return path.join(top, String(places))
}

type Content = readonly (readonly [key: string, value: string])[]

async function contentOf(open: () => { level: Readable }): Promise<Content | string> {
  const { level } = open()
  try {
    await level.open()
    return await level.iterator().all()
  } catch (error) {
    return String((error as { cause?: { code?: unknown } }).cause?.code)
  } finally {
    await level.close()
  }
}

interface Readable {
  open(): Promise<void>
  close(): Promise<void>
  iterator(): { all(): Promise<[string, string][]> }
}

const real = (place: string) => () => ({
  level: new ClassicLevel<string, string>(place, { ...view, compression: false }),
})
const simulated = (folder: SimLevelFolder) => () => ({
  level: new SimLevel<string, string>(folder, { ...view, logBytesMax: 4 * 1024 * 1024 }),
})

type Batch = readonly { readonly type: 'put'; readonly key: string; readonly value: string }[]

/** The same batches in both, and the folder of the real one as a crash leaves it. */
async function written(batches: readonly Batch[], compact = false) {
  const place = freshPlace()
  const folder = new SimLevelFolder()
  type Both = Pick<ClassicLevel<string, string>, 'batch' | 'compactRange' | 'close'>
  const levels = [real(place)().level, simulated(folder)().level as unknown as Both]
  for (const level of levels) {
    for (const batch of batches) await level.batch([...batch], synced)
    if (compact) await level.compactRange('a', 'z')
  }
  const copy = freshPlace()
  cpSync(place, copy, { recursive: true, filter: (name) => path.basename(name) !== 'LOCK' })
  for (const level of levels) await level.close()
  folder.locked = false
  return { copy, folder }
}

const fileOf = (place: string, pattern: RegExp): string =>
  path.join(
    place,
    readdirSync(place)
      .filter((name) => pattern.test(name))
      .sort()
      .at(-1)!,
  )

function flip(file: string, at: number, bit: number): void {
  const bytes = readFileSync(file)
  bytes[at]! ^= 1 << bit
  writeFileSync(file, bytes)
}

const damagesOf = (folder: SimLevelFolder, kind: DamageOfLevel): DamagedLevel[] =>
  [...levelDamages(folder, { limit: Number.POSITIVE_INFINITY })].filter((one) => one.kind === kind)

describe('a damaged database shows what LevelDB shows', () => {
  it('after a flipped bit anywhere in a log', async () => {
    const random = seededRandom(7)
    let partial = 0
    for (let log = 0; log < LOGS; log += 1) {
      const batches = Array.from(
        { length: 2 + pick(random, 12) },
        (_, batch): Batch =>
          Array.from({ length: 1 + pick(random, 3) }, (_, row) => ({
            type: 'put',
            key: `k${batch}-${row}`,
            value: `${batch} `.repeat(
              pick(random, 5) === 0 ? pick(random, 30_000) : pick(random, 60),
            ),
          })),
      )
      const { copy, folder } = await written(batches)
      const fragments = layoutOf(folder.lsm.logs.at(-1)!.batches)
      const damages = damagesOf(folder, 'log-record')
      expect(damages).toHaveLength(fragments.length)
      const { length, offset } = fragments.at(-1)!
      expect(readFileSync(fileOf(copy, /\.log$/)).length).toBe(offset + length)
      for (let count = 0; count < FLIPS_A_LOG; count += 1) {
        const place = pick(random, fragments.length)
        const at = fragments[place]!.offset + pick(random, fragments[place]!.length)
        const damagedCopy = freshPlace()
        cpSync(copy, damagedCopy, { recursive: true })
        flip(fileOf(damagedCopy, /\.log$/), at, pick(random, 8))
        const shown = await contentOf(real(damagedCopy))
        expect(await contentOf(simulated(damages[place]!.folder))).toEqual(shown)
        const whole = batches.flat().length
        expect(shown.length).toBeLessThan(whole)
        const { batch } = fragments[place]!
        if (typeof shown !== 'string')
          partial += Number(shown.some(([key]) => Number.parseInt(key.slice(1), 10) > batch))
      }
    }
    // In some of them a later block was read.
    expect(partial).toBeGreaterThan(0)
  })

  const rows = (from: number, to: number): Batch[] =>
    Array.from({ length: to - from }, (_, index) => [
      { type: 'put', key: `k${from + index}`, value: `value ${from + index}` },
    ])

  it('after a log is gone', async () => {
    const { copy, folder } = await written(rows(0, 5))
    rmSync(fileOf(copy, /\.log$/))
    const [damage] = damagesOf(folder, 'log-lost')
    expect(await contentOf(real(copy))).toEqual([])
    expect(await contentOf(simulated(damage!.folder))).toEqual([])
    expect(damage).toMatchObject({ isTold: true, looksTorn: false })
  })

  it('after the MANIFEST has lost its last record, behind a flush', async () => {
    const { copy, folder } = await written(rows(0, 5), true)
    cutLastRecord(fileOf(copy, /^MANIFEST/))
    const [damage] = damagesOf(folder, 'manifest-stale')
    const shown = await contentOf(real(copy))
    expect(shown).toEqual([])
    expect(await contentOf(simulated(damage!.folder))).toEqual(shown)
    expect(damage!.isTold).toBe(true)
  })

  it('after the MANIFEST has lost its only record, which LevelDB refuses', async () => {
    const { copy, folder } = await written(rows(0, 5))
    cutLastRecord(fileOf(copy, /^MANIFEST/))
    const [damage] = damagesOf(folder, 'manifest-stale')
    expect(await contentOf(real(copy))).toBe('LEVEL_CORRUPTION')
    expect(await contentOf(simulated(damage!.folder))).toBe('LEVEL_CORRUPTION')
  })

  it('after a flipped bit in a value of a table', async () => {
    const { copy, folder } = await written(rows(0, 5), true)
    const file = fileOf(copy, /\.ldb$/)
    const value = Buffer.from('value 3')
    flip(file, readFileSync(file).indexOf(value) + (value.length >> 1), 3)
    const shown = await contentOf(real(copy))
    const damages = damagesOf(folder, 'table-value')
    expect(damages).toHaveLength(5)
    expect(await contentOf(simulated(damages[3]!.folder))).toEqual(shown)
    expect(JSON.stringify(shown)).not.toContain('value 3')
  })

  it('after a flipped bit in a key: nothing is found under it', async () => {
    const { copy, folder } = await written(rows(0, 5), true)
    const file = fileOf(copy, /\.ldb$/)
    // The first key of a block is stored whole, 8 bytes of its sequence behind it.
    flip(file, readFileSync(file).indexOf('k0'), 1)
    const level = real(copy)().level
    expect(await level.get('k0')).toBeUndefined()
    await level.close()
    const damages = damagesOf(folder, 'table-key')
    expect(damages).toHaveLength(5)
    const shown = (await contentOf(simulated(damages[0]!.folder))) as Content
    expect(shown.map(([key]) => key)).toEqual(['k1', 'k2', 'k3', 'k4'])
  })
})

/** A MANIFEST of one block: records of 7 bytes and a payload, one behind the other. */
function cutLastRecord(file: string): void {
  const bytes = readFileSync(file)
  expect(bytes.length).toBeLessThan(32 * 1024)
  let last = 0
  for (let at = 0; at < bytes.length; at += 7 + bytes.readUInt16LE(at + 4)) last = at
  writeFileSync(file, bytes.subarray(0, last))
}

describe('damages of a database', () => {
  it('are of every kind, where there are tables and logs, and leave it as it is', async () => {
    const folder = new SimLevelFolder()
    const level = simulated(folder)().level
    await level.batch([{ type: 'put', key: 'a', value: '1' }], synced)
    await level.compactRange('a', 'z')
    await level.batch([{ type: 'put', key: 'b', value: '2' }], synced)
    const before = [...folder.snapshot()]
    const kinds = [...levelDamages(folder, { limit: 5 })].map(({ kind }) => kind)
    expect(new Set(kinds).size).toBe(5)
    expect([...folder.snapshot()]).toEqual(before)
    expect([...levelDamages(folder, { limit: 3, seed: 2 })]).toHaveLength(3)
  })

  it('are refused by who reads the files first, or opened as LevelDB opens them', async () => {
    const machine = newMachine()
    const level = new SimLevel<string, Uint8Array>(machine.level)
    for (const key of ['a', 'b', 'c'])
      await level.batch([{ type: 'put', key, value: Buffer.from(key) }], synced)
    machine.level.wasMade = true
    const options = { createIfMissing: false }
    const told: boolean[] = []
    for (const damaged of damagesOf(machine.level, 'log-record')) {
      told.push(damaged.isTold)
      const checked = damagedPorts(machine, damaged).levels
      if (damaged.isTold)
        await expect(checked.check()).rejects.toMatchObject({ code: 'LEVEL_DAMAGED' })
      else await checked.check()
      const bare = damagedPorts(machine, damaged, { isChecked: false }).levels
      await bare.check()
      const shown = await bare.open('/level', options)
      expect((await shown.keys().all()).length).toBeLessThan(3)
      await shown.close()
    }
    expect(told).toEqual([true, true, false])
    const [stale] = damagesOf(machine.level, 'manifest-stale')
    const refused = damagedPorts(machine, stale!, { isChecked: false }).levels
    await expect(refused.open('/level', options)).rejects.toMatchObject({ code: 'LEVEL_DAMAGED' })
  })
})
