import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Disk, nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { line, Rig, temporaryFolder } from './journal.fixture.js'
import { openLevel } from './level.js'
import { checkLevelFiles } from './level-check.js'
import { encodeLog } from './leveldb-log.fixture.js'
import { BLOCK_BYTES, HEADER_BYTES, type LogPart, readLogParts } from './leveldb-log.js'

const damage = (reason?: string) =>
  expect.objectContaining({
    code: 'LEVEL_DAMAGED',
    ...(reason && { detail: expect.objectContaining({ reason }) }),
  })

/** A folder of a closed store with records in its log, small and large. */
async function makeFolder(): Promise<string> {
  const rig = new Rig()
  const journal = await rig.make()
  for (let n = 0; n < 12; n++) await journal.append(line('a', 'x'.repeat(n === 4 ? 40_000 : 50), n))
  await journal.close()
  return rig.folder
}

const fileNamed = (folder: string, pattern: RegExp): string =>
  path.join(folder, readdirSync(folder).find((name) => pattern.test(name))!)

/** Offset at which the last record of a log begins. */
async function lastRecordAt(bytes: Uint8Array): Promise<number> {
  const starts: LogPart[] = []
  const read = async (offset: number, length: number) => bytes.subarray(offset, offset + length)
  for await (const part of readLogParts({ size: bytes.length, read }))
    if (part.type === 1 || part.type === 2) starts.push(part)
  return starts.at(-1)!.offset
}

/** A folder that LevelDB never saw: a MANIFEST that says which log is the oldest, and logs. */
function makeByHand(oldestLog: number, logs: Record<string, Uint8Array>): string {
  const folder = temporaryFolder()
  writeFileSync(path.join(folder, 'CURRENT'), 'MANIFEST-000001\n')
  const edits = [Buffer.from([2, oldestLog]), Buffer.from([3, 9, 4, 130, 1])]
  writeFileSync(path.join(folder, 'MANIFEST-000001'), encodeLog(edits))
  for (const [name, bytes] of Object.entries(logs)) writeFileSync(path.join(folder, name), bytes)
  return folder
}

/** No two sectors of it are alike. */
const textOfBytes = (count: number): string =>
  Array.from({ length: count / 8 }, (_, n) => String(n * 7).padStart(8, ' ')).join('')

const records = (count: number) =>
  Array.from({ length: count }, (_, n) => Buffer.from(`record ${n}`))

describe('the check of a database before it is opened', () => {
  it('finds every flipped bit of a log, those of its last record included', async () => {
    const folder = await makeFolder()
    const name = fileNamed(folder, /\.log$/)
    const whole = readFileSync(name)
    const last = await lastRecordAt(whole)
    expect(await checkLevelFiles(nodeDisk, folder)).toBe('sound')
    const check = async (byte: number, bit: number) => {
      const flipped = Buffer.from(whole)
      flipped[byte]! ^= 1 << bit
      writeFileSync(name, flipped)
      await expect(checkLevelFiles(nodeDisk, folder), `byte ${byte}`).rejects.toEqual(damage())
    }
    for (let at = 0; at < last; at += at > 1_000 && at < last - 1_000 ? 397 : 7)
      await check(at, at % 8)
    const head = (last + HEADER_BYTES) * 8
    for (let bit = last * 8; bit < whole.length * 8; bit += bit < head ? 1 : 11)
      await check(bit >> 3, bit & 7)
  })

  it('finds every flipped bit of a last record that lies in several blocks', async () => {
    const bytes = encodeLog([...records(2), Buffer.alloc(80_000, 7)])
    const first = encodeLog(records(2)).length
    const folder = makeByHand(3, { '000003.log': bytes })
    const heads = [first, BLOCK_BYTES, 2 * BLOCK_BYTES].flatMap((at) =>
      Array.from({ length: HEADER_BYTES * 8 }, (_, bit) => at * 8 + bit),
    )
    const spread = Array.from({ length: 40 }, (_, n) => (first + 20) * 8 + n * 15_991)
    for (const bit of [...heads, ...spread]) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      writeFileSync(path.join(folder, '000003.log'), flipped)
      await expect(checkLevelFiles(nodeDisk, folder), `bit ${bit}`).rejects.toEqual(damage())
    }
    expect(Math.max(...spread) >> 3).toBeGreaterThan(75_000)
  })

  it('finds every flipped bit of CURRENT and of the MANIFEST', async () => {
    const folder = await makeFolder()
    for (const pattern of [/^CURRENT$/, /^MANIFEST/]) {
      const name = fileNamed(folder, pattern)
      const whole = readFileSync(name)
      for (let bit = 0; bit < whole.length * 8; bit++) {
        const flipped = Buffer.from(whole)
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        writeFileSync(name, flipped)
        await expect(checkLevelFiles(nodeDisk, folder), `bit ${bit}`).rejects.toEqual(damage())
      }
      writeFileSync(name, whole)
    }
    expect(await checkLevelFiles(nodeDisk, folder)).toBe('sound')
  })

  it('accepts a torn end of the newest log, and of no other', async () => {
    const whole = encodeLog(records(5))
    const torn = encodeLog([...records(5), Buffer.alloc(100_000, 7)]).subarray(0, 90_000)
    const holed = Buffer.from(encodeLog([...records(5), Buffer.alloc(100_000, 7)]))
    holed.fill(0, 34_000, 36_000)
    for (const bytes of [whole, torn, holed, whole.subarray(0, whole.length - 3)]) {
      const newest = makeByHand(3, { '000003.log': whole, '000004.log': bytes })
      expect(await checkLevelFiles(nodeDisk, newest)).toBe('sound')
      if (bytes === whole) continue
      const older = makeByHand(3, { '000003.log': bytes, '000004.log': whole })
      await expect(checkLevelFiles(nodeDisk, older)).rejects.toEqual(damage('record-torn'))
    }
  })

  it('accepts a last record that was torn at any byte, or of which any sector was not written', async () => {
    const before = encodeLog(records(3))
    const whole = encodeLog([...records(3), Buffer.from(textOfBytes(40_000))])
    let accepted = 0
    const accept = async (bytes: Uint8Array) => {
      const folder = makeByHand(3, { '000003.log': bytes })
      expect(await checkLevelFiles(nodeDisk, folder)).toBe('sound')
      accepted += 1
    }
    for (let end = before.length; end < whole.length; end += end < before.length + 40 ? 1 : 997)
      await accept(whole.subarray(0, end))
    for (let at = before.length; at < whole.length; at += 512) {
      for (const fill of [0, 0xff]) {
        const holed = Buffer.from(whole)
        holed.fill(fill, at, Math.min(at + 512, holed.length))
        await accept(holed)
      }
    }
    expect(accepted).toBeGreaterThan(200)
  })

  it('accepts a torn log behind which an interrupted open left an empty one, and any unused log', async () => {
    const whole = encodeLog(records(5))
    const torn = whole.subarray(0, whole.length - 3)
    const cut = makeByHand(3, { '000003.log': torn, '000005.log': Buffer.alloc(0) })
    expect(await checkLevelFiles(nodeDisk, cut)).toBe('sound')
    const unused = makeByHand(5, { '000003.log': torn, '000005.log': whole })
    expect(await checkLevelFiles(nodeDisk, unused)).toBe('sound')
  })

  it('answers STORE_LOCKED where another process keeps replacing the files', async () => {
    const folder = makeByHand(3, { '000004.log': encodeLog(records(2)) })
    let lists = 0
    const moving: Disk = {
      ...nodeDisk,
      list: async (name) => [
        ...((await nodeDisk.list(name)) ?? []),
        { name: `${++lists}.ldb`, kind: 'file' },
      ],
    }
    await expect(checkLevelFiles(moving, folder)).rejects.toMatchObject({
      code: 'STORE_LOCKED',
      retryable: true,
    })
    await expect(checkLevelFiles(nodeDisk, folder)).rejects.toEqual(damage('log-missing'))
  })

  it('finds a run of zeros where records were', async () => {
    const bytes = encodeLog(records(9))
    bytes.fill(0, 30, 60)
    const folder = makeByHand(3, { '000003.log': bytes })
    await expect(checkLevelFiles(nodeDisk, folder)).rejects.toEqual(damage('record-damaged'))
  })

  it('finds a missing log, MANIFEST or CURRENT', async () => {
    const folder = await makeFolder()
    for (const [pattern, reason] of [
      [/\.log$/, 'log-missing'],
      [/^MANIFEST/, 'file-missing'],
      [/^CURRENT$/, 'current-missing'],
    ] as const) {
      const copy = path.join(temporaryFolder(), 'level')
      cpSync(folder, copy, { recursive: true })
      rmSync(fileNamed(copy, pattern))
      await expect(openLevel(copy, { createIfMissing: true })).rejects.toEqual(damage(reason))
    }
  })

  it('leaves a damaged folder as it found it', async () => {
    const folder = await makeFolder()
    const name = fileNamed(folder, /\.log$/)
    const bytes = readFileSync(name)
    bytes[20]! ^= 1
    writeFileSync(name, bytes)
    const contents = () =>
      readdirSync(folder).map((entry) => [entry, readFileSync(path.join(folder, entry), 'hex')])
    const before = contents()
    await expect(openLevel(folder, { createIfMissing: true })).rejects.toEqual(damage())
    expect(contents()).toEqual(before)
  })

  it('accepts a database whose making stopped before it had a log, and LevelDB goes on with it', async () => {
    const folder = await makeFolder()
    const [name] = readdirSync(folder).filter((one) => /^MANIFEST/.test(one))
    for (const logs of [{}, { '000003.log': Buffer.alloc(0) }]) {
      const begun = makeByHand(0, logs)
      const edit = readFileSync(path.join(begun, 'MANIFEST-000001'))
      expect(edit.length).toBeLessThan(readFileSync(path.join(folder, name!)).length)
      expect(await checkLevelFiles(nodeDisk, begun)).toBe('sound')
    }
    // As LevelDB itself begins: a comparator, log 0, the next file, no sequence.
    const real = temporaryFolder()
    const comparator = Buffer.from('leveldb.BytewiseComparator')
    const first = Buffer.concat([
      Buffer.from([1, comparator.length]),
      comparator,
      Buffer.from([2, 0, 3, 2, 4, 0]),
    ])
    writeFileSync(path.join(real, 'MANIFEST-000001'), encodeLog([first]))
    writeFileSync(path.join(real, 'CURRENT'), 'MANIFEST-000001\n')
    const level = await openLevel(real, { createIfMissing: true })
    await level.put('k', Buffer.from('v'), { sync: true })
    await level.close()
    const again = await openLevel(real, { createIfMissing: false })
    expect(Buffer.from((await again.get('k'))!).toString()).toBe('v')
    await again.close()
  })

  it('tells a database that is not there from one whose making was cut short', async () => {
    const root = temporaryFolder()
    const missing = path.join(root, 'missing')
    expect(await checkLevelFiles(nodeDisk, missing)).toBe('missing')
    await expect(openLevel(missing, { createIfMissing: false })).rejects.toMatchObject({
      code: 'JOURNAL_GAP',
      detail: { reason: 'level-missing' },
    })
    expect(readdirSync(root)).toEqual([])
    mkdirSync(missing)
    writeFileSync(path.join(missing, 'MANIFEST-000001'), '')
    writeFileSync(path.join(missing, 'LOG'), '')
    const level = await openLevel(missing, { createIfMissing: true })
    await level.put('k', Buffer.from('v'), { sync: true })
    await level.close()
  })
})
