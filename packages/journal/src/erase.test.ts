// Random histories, as an engine makes them: ids that only grow, rows that are overwritten, others that go
// on. The naive way (delete, compact the range) must leave text behind in some of them, or this rig could
// not fail; neither recipe may leave it behind in any: overwriting in place, and compaction.

import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { nodeDisk } from '@cenotaph/storage'
import { ClassicLevel } from 'classic-level'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkpointOf,
  line,
  ManualClock,
  Rig,
  steadyEntropy,
  temporaryFolder,
  text,
} from './journal.fixture.js'
import { Journal } from './journal.js'
import type { Sequence } from './keys.js'
import type { Level } from './level.js'
import { scanFile } from './scan.js'

const HISTORIES = 120
const CANARY = 'canary-of-the-deleted-thread-8f3a1c77d2e94b'

const id = (number: number) => `t/${String(number).padStart(6, '0')}/`
const rangeOf = (number: number) => ({ from: id(number), to: `${id(number)}~` })

const thread = fc.record({
  rows: fc.array(fc.nat(3_000), { maxLength: 40 }),
  compact: fc.nat(9).map((n) => n < 4),
  reopen: fc.nat(9).map((n) => n < 2),
})
const history = fc.record({
  before: fc.array(thread, { maxLength: 5 }),
  victim: fc.array(fc.record({ bytes: fc.nat(400), compact: fc.nat(29).map((n) => n === 0) }), {
    minLength: 1,
    maxLength: 20,
  }),
  reopen: fc.nat(9).map((n) => n === 0),
  busy: fc.boolean(),
})
type History = typeof history extends fc.Arbitrary<infer T> ? T : never

class Store {
  readonly folder: string
  #level!: ClassicLevel<string, Uint8Array>
  journal!: Journal
  /** Tables that were written into. */
  overwritten = 0
  readonly #inPlace: boolean

  /** Without `inPlace` the journal is not told where the files are, and what it erases is compacted away. */
  constructor(root: string, inPlace = true) {
    this.folder = path.join(root, 'level')
    this.#inPlace = inPlace
  }

  async open(): Promise<void> {
    const options = { compression: false, valueEncoding: 'view', writeBufferSize: 64 * 1024 }
    this.#level = new ClassicLevel<string, Uint8Array>(this.folder, options)
    const { journal } = await Journal.open({
      level: this.#inPlace ? this.#level : withoutPlace(this.#level),
      disk: {
        ...nodeDisk,
        openWrite: (name) => {
          this.overwritten += 1
          return nodeDisk.openWrite(name)
        },
      },
      anchorPath: path.join(path.dirname(this.folder), 'anchor.json'),
      clock: new ManualClock(),
      entropy: steadyEntropy(),
      fresh: true,
    })
    this.journal = journal
  }

  async reopen(): Promise<void> {
    await this.journal.close()
    await this.open()
  }

  compact(from = 't/', to = 't0'): Promise<void> {
    return this.#level.compactRange(from, to)
  }

  put(rows: readonly (readonly [string, string])[]): Promise<void> {
    return this.journal.commit(() => ({
      operations: rows.map(([key, value]) => ({ type: 'put', key, body: Buffer.from(value) })),
    }))
  }

  async deleteThread(number: number): Promise<void> {
    const { entries } = await this.journal.page({
      gte: rangeOf(number).from,
      lt: rangeOf(number).to,
    })
    await this.journal.commit(() => ({
      operations: entries.map(([key]) => ({ type: 'del', key })),
    }))
  }

  /** Names of the files that hold the canary. */
  async residue(): Promise<string[]> {
    const names = readdirSync(this.folder).filter((name) => name !== 'LOCK')
    const probe = [Buffer.from(CANARY)]
    const scans = names.map((name) => scanFile(nodeDisk, path.join(this.folder, name), probe))
    return (await Promise.all(scans)).flatMap(({ hits }) =>
      hits.map(({ file }) => path.basename(file)),
    )
  }
}

const withoutPlace = (level: ClassicLevel<string, Uint8Array>): Level =>
  new Proxy(level, {
    has: (target, name) => name !== 'location' && name in target,
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

/** Plays a history up to the delete of its victim, whose number is given back. */
async function play(store: Store, { before, victim, reopen }: History): Promise<number> {
  for (const [number, { rows, compact, reopen: again }] of before.entries()) {
    if (rows.length > 0)
      await store.put(rows.map((bytes, row) => [`${id(number)}${row}`, 'o'.repeat(bytes)]))
    if (compact) await store.compact()
    if (again) await store.reopen()
  }
  const number = before.length
  for (const [row, { bytes, compact }] of victim.entries()) {
    const key = `${id(number)}${String(row).padStart(4, '0')}`
    await store.put([
      [`${id(number)}head`, `${CANARY} head ${row}`],
      [key, CANARY + 'x'.repeat(bytes)],
    ])
    if (compact) await store.compact()
  }
  if (reopen) await store.reopen()
  await store.deleteThread(number)
  return number
}

describe('physical erasure', () => {
  it(`leaves nothing in ${HISTORIES} random histories, in some of which the naive way does`, async () => {
    let naiveResidue = 0
    let histories = 0
    let overwritten = 0
    await fc.assert(
      fc.asyncProperty(history, async (some) => {
        histories++
        const root = temporaryFolder()
        const naive = new Store(path.join(root, 'naive'))
        await naive.open()
        const number = await play(naive, some)
        await naive.compact(rangeOf(number).from, rangeOf(number).to)
        if ((await naive.residue()).length > 0) naiveResidue++
        await naive.journal.close()

        for (const inPlace of [true, false]) {
          const store = new Store(path.join(root, `recipe-${inPlace}`), inPlace)
          await store.open()
          await play(store, some)
          let erased = false
          const others = async () => {
            for (let n = 0; some.busy && !erased; n++)
              await store.put([
                [`${id(number + 1)}${n}`, 'b'.repeat(2_000)],
                [`${id(0)}more`, `${n}`],
              ])
          }
          const erase = async () => {
            const result = await store.journal.eraseRanges([rangeOf(number)])
            erased = true
            return result
          }
          const [result] = await Promise.all([erase(), others()])
          expect(result).toEqual({ ranges: 1, wholeDatabase: false, tablesLeft: 0 })
          expect(await store.residue()).toEqual([])
          await store.reopen()
          expect(await store.residue()).toEqual([])
          await store.compact()
          expect(await store.residue()).toEqual([])
          await store.journal.close()
          if (!inPlace) expect(store.overwritten).toBe(0)
          else if (store.overwritten > 0) overwritten += 1
        }
        rmSync(root, { recursive: true })
      }),
      { numRuns: HISTORIES, endOnFailure: true },
    )
    expect(histories).toBe(HISTORIES)
    expect(naiveResidue).toBeGreaterThan(HISTORIES / 20)
    expect(overwritten).toBeGreaterThan(HISTORIES / 2)
  })

  it('compacts everything for more than 200 ranges, and keeps what lives', async () => {
    const store = new Store(temporaryFolder())
    await store.open()
    for (let number = 0; number < 402; number++)
      await store.put([[`${id(number)}row`, number % 2 ? CANARY : `kept ${number}`]])
    await store.compact()
    const dead = Array.from({ length: 201 }, (_, index) => index * 2 + 1)
    for (const number of dead) await store.deleteThread(number)
    expect(await store.residue()).not.toEqual([])
    expect(await store.journal.eraseRanges(dead.map(rangeOf))).toEqual({
      ranges: 201,
      wholeDatabase: true,
      tablesLeft: 0,
    })
    expect(await store.residue()).toEqual([])
    const { entries } = await store.journal.page({ gt: 't/', lt: 't0' })
    expect(entries.map(([, body]) => text(body))).toEqual(
      Array.from({ length: 201 }, (_, index) => `kept ${index * 2}`),
    )
    await store.journal.close()
  })

  it('joins ranges that overlap, and refuses those that hold a key or stand upside down', async () => {
    const store = new Store(temporaryFolder())
    await store.open()
    await store.put([['t/5/row', 'alive']])
    const { journal } = store
    const erased = await journal.eraseRanges([
      { from: 't/3', to: 't/4' },
      { from: 't/1', to: 't/2' },
      { from: 't/2', to: 't/31' },
    ])
    expect(erased).toMatchObject({ ranges: 1, wholeDatabase: false })
    expect(await journal.eraseRanges([])).toEqual({
      ranges: 0,
      wholeDatabase: false,
      tablesLeft: 0,
    })
    for (const range of [
      { from: 't/5/', to: 't/5/~' },
      { from: 't/5/row', to: 't/6' },
      { from: 't/4', to: 't/5/row' },
      { from: 't/9', to: 't/8' },
      { from: '', to: 't/1' },
    ])
      await expect(journal.eraseRanges([range])).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    expect(text(await journal.get('t/5/row'))).toBe('alive')
    await journal.close()
  })

  it('forgets trimmed groups and settled intents once that is due, and keeps open ones', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    const residue = async () => {
      const everything = [{ from: '\u0000', to: '\u{10ffff}' }]
      const files = await journal.filesToScan(everything, rig.folder)
      const scans = files.map((file) => scanFile(nodeDisk, file, [Buffer.from(CANARY)]))
      return (await Promise.all(scans)).flatMap(({ hits }) => hits)
    }
    const plan = (body: string) => () => ({ body: Buffer.from(body), operations: [] })
    const open = [await journal.intend('k', plan('open 0'))]
    for (let n = 1; n < 4; n++) {
      const { id: done } = await journal.intend('k', plan(`${CANARY} intent`))
      await journal.settle(done, () => ({ operations: [] }))
      open.push(await journal.intend('k', plan(`open ${n}`)))
    }
    await journal.append(line('a', `${CANARY} appended`))
    expect(await journal.eraseTrimmed()).toBe(false)
    await journal.checkpoint(1 as Sequence, checkpointOf)
    await journal.append(line('b', 'untrimmed'))
    expect(await residue()).not.toEqual([])
    expect(await journal.eraseTrimmed()).toBe(false)
    expect(await journal.eraseTrimmed(true)).toBe(true)
    expect(await residue()).toEqual([])

    await journal.append(line('c', 'z'.repeat(1024 * 1024)))
    await journal.checkpoint(3 as Sequence, checkpointOf)
    expect(await journal.eraseTrimmed()).toBe(true)
    expect(await journal.eraseTrimmed()).toBe(false)
    await journal.close()
    const { journal: again, recovered } = await rig.open()
    expect(recovered.intents.map((intent) => [intent.id, text(intent.body)])).toEqual(
      open.map((intent, n) => [intent.id, `open ${n}`]),
    )
    // Nothing says how much an earlier run left, so the first one after an open is due.
    expect(await again.eraseTrimmed()).toBe(true)
    expect(await again.logBytes(rig.folder)).toBeGreaterThan(0)
    await again.close()
  })

  it('names for a scan the tables that meet the ranges, and every log', async () => {
    const store = new Store(temporaryFolder())
    await store.open()
    await store.put([[`${id(1)}row`, CANARY]])
    await store.compact()
    await store.put([[`${id(5)}row`, 'other']])
    await store.compact()
    const tables = readdirSync(store.folder).filter((name) => name.endsWith('.ldb'))
    const named = async (number: number) =>
      (await store.journal.filesToScan([rangeOf(number)], store.folder)).map((f) =>
        path.basename(f),
      )
    const holding = (await store.residue()).filter((name) => name.endsWith('.ldb'))
    expect(holding).toHaveLength(1)
    expect(await named(1)).toEqual(expect.arrayContaining(holding))
    const none = await named(9)
    expect(none).toEqual(
      readdirSync(store.folder).filter((name) => name !== 'LOCK' && !tables.includes(name)),
    )
    expect(none.some((name) => name.endsWith('.log'))).toBe(true)
    await store.journal.close()
  })
})
