// One bit of LevelDB's files is flipped. LevelDB itself then drops records without a word, returns the flipped bit as
// the value, or takes a key for absent. Here the answer is the same content as before, or a typed error from open,
// from a read or from verify: never another line, and never a shorter history that nobody reports.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { isStoreError, openThreadStore, repairStore, type ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../support/canary.js'
import { copyRoot, removeFolder } from '../support/temporary-folder.js'
import { testId } from '../support/thread-ids.js'
import { crashCopy, levelFolder, open, ordinalsOf, say, scratch, textsOf } from './store.fixture.js'

/** Those of every other kind of file, and most of these, are in test/golden-stores/bit-rot.test.ts; here repair follows. */
const FLIPS_MIN = 120
const seed = Number(process.env.CENOTAPH_FLIP_SEED ?? 20_260_101)

const living = [testId(1), testId(2), testId(3), testId(4)]
const dead = testId(9)

/** Every kind of row that there is: threads, forks, archives, events, a receipt, and lines that only the journal has. */
async function build(): Promise<string> {
  const root = path.join(scratch(), 'root')
  const store = await open(root)
  const [a, b, c, d] = living as [string, string, string, string]
  await store.createThread({ threadId: a, cwd: '/one', name: 'first' })
  await store.createThread({ threadId: b, cwd: '/two', name: 'second' })
  await store.createThread({ threadId: dead, cwd: '/dead', name: 'third' })
  for (const id of [a, b, dead]) await store.appendItems(id, [say(`${id} one`), say(`${id} two`)])
  await store.forkThread(a, { newThreadId: c, name: 'fork' })
  await store.createThread({ threadId: d, parentThreadId: b, name: 'child' })
  await store.archiveThreads([b])
  await store.deleteThread(dead)
  await store.appendItems(a, [say('journaled')], { idempotencyKey: 'key' })
  await store.appendItems(c, [say('journaled too')])
  await store.appendItems(a, [say('and last')])
  return crashCopy(root)
}

interface Content {
  readonly state: string
  readonly name: string | null
  readonly texts: readonly string[]
  readonly ordinals: readonly number[]
}

async function contentOf(store: ThreadStore, id: string): Promise<Content | undefined> {
  const view = await store.readThread(id)
  if (!view) return undefined
  const { state, name } = view
  return { state, name, texts: await textsOf(store, id), ordinals: await ordinalsOf(store, id) }
}

interface Flip {
  readonly file: string
  readonly byte: number
  readonly bit: number
}

/** At least this many from every file, the rest spread over all bytes. */
function sample(folder: string, random: () => number): Flip[] {
  const flips: Flip[] = []
  const files = readdirSync(folder).filter((name) => /\.(log|ldb)$|^MANIFEST-|^CURRENT$/.test(name))
  expect(files.length).toBeGreaterThanOrEqual(4)
  const sizes = files.map((file) => readFileSync(path.join(folder, file)).length)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  files.forEach((file, index) => {
    const size = sizes[index]!
    const count = Math.min(size, Math.max(12, Math.ceil((FLIPS_MIN * size) / total)))
    // One in each of `count` equal stretches: headers, bodies and footers alike.
    for (let n = 0; n < count; n += 1) {
      const byte = Math.floor(((n + random()) * size) / count)
      flips.push({ file, byte: Math.min(size - 1, byte), bit: Math.floor(random() * 8) })
    }
  })
  return flips
}

type Verdict = 'same' | 'refused at open' | 'refused at read' | 'found by verify'

async function verdictOf(root: string, expected: ReadonlyMap<string, Content>): Promise<Verdict> {
  let store: ThreadStore
  try {
    store = await openThreadStore(root, { ballastBytes: 0, persistence: 'extended' })
  } catch (error) {
    if (isStoreError(error)) return 'refused at open'
    throw error
  }
  try {
    let missing = 0
    let refused = 0
    for (const id of living) {
      try {
        const content = await contentOf(store, id)
        const lines = expected.get(id)!
        if (content === undefined) missing += 1
        else if (content.texts.length < lines.texts.length) {
          expect(content.texts).toEqual(lines.texts.slice(0, content.texts.length))
          missing += 1
        } else expect(content).toEqual(lines)
      } catch (error) {
        if (!isStoreError(error)) throw error
        refused += 1
      }
    }
    // The dead stay dead, whatever the flip did to their rows.
    const status = await store.status(dead)
    expect(status.state).toBe('deleted')
    let problems = 1
    try {
      problems = (await store.verify()).problems.length
    } catch (error) {
      if (!isStoreError(error)) throw error
    }
    if (missing > 0) expect(problems).toBeGreaterThan(0)
    if (refused > 0) return 'refused at read'
    return problems > 0 ? 'found by verify' : 'same'
  } finally {
    await store.close().catch((error: unknown) => {
      if (!isStoreError(error)) throw error
    })
  }
}

/** What open refuses, repair mends: every line is there, and every name but one that the flip may have hit. */
async function checkRepair(root: string, expected: ReadonlyMap<string, Content>): Promise<void> {
  await repairStore(root, { ballastBytes: 0 })
  const store = await openThreadStore(root, { ballastBytes: 0 })
  try {
    let unnamed = 0
    for (const id of living) {
      const content = await contentOf(store, id)
      const { name, ...rest } = expected.get(id)!
      expect(content).toMatchObject(rest)
      if (content!.name !== name) unnamed += 1
    }
    expect(unnamed).toBeLessThanOrEqual(1)
    expect((await store.status(dead)).state).toBe('deleted')
    await store.deleteThread(living[0]!, { forks: 'detach' })
    expect((await store.verify()).problems).toEqual([])
  } finally {
    await store.close()
  }
}

describe('one bit of LevelDB’s files is flipped', () => {
  it(`no line is wrong or silently missing (replay with CENOTAPH_FLIP_SEED=${seed})`, async () => {
    const golden = await build()
    const sound = path.join(scratch(), 'sound')
    copyRoot(golden, sound)
    const store = await open(sound)
    const expected = new Map<string, Content>()
    for (const id of living) expected.set(id, (await contentOf(store, id))!)
    expect(expected.get(living[0]!)!.texts).toHaveLength(4)
    await store.close()

    const verdicts = new Map<Verdict, number>()
    const flips = sample(levelFolder(golden), seededRandom(seed))
    const work = path.join(scratch(), 'flipped')
    let repaired = 0
    for (const { file, byte, bit } of flips) {
      removeFolder(work)
      copyRoot(golden, work)
      const target = path.join(levelFolder(work), file)
      const bytes = readFileSync(target)
      bytes[byte]! ^= 1 << bit
      writeFileSync(target, bytes)
      try {
        const verdict = await verdictOf(work, expected)
        const count = (verdicts.get(verdict) ?? 0) + 1
        verdicts.set(verdict, count)
        if (verdict !== 'refused at open' || count % 12 !== 1) continue
        await checkRepair(work, expected)
        repaired += 1
      } catch (error) {
        throw new Error(`bit ${bit} of byte ${byte} of ${file}: ${error}`, { cause: error })
      }
    }
    expect(flips.length).toBeGreaterThanOrEqual(FLIPS_MIN)
    // A rig in which nothing is noticed, or a sound store is, would prove nothing.
    expect(verdicts.get('refused at open') ?? 0).toBeGreaterThan(FLIPS_MIN / 2)
    expect(await verdictOf(crashCopy(golden), expected)).toBe('same')
    expect(repaired).toBeGreaterThanOrEqual(8)
    console.info(`bit flips: ${flips.length}, ${JSON.stringify([...verdicts])}`)
  })
})
