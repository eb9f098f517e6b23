// What the journal holds must never be written into a file that changed since. Each operation settles the appends
// of its threads first, and a record of another generation, or of the dead, is skipped.

import { existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { crashPoints, type ThreadStore } from '@cenotaph/core'
import { Journal, openLevel, type Section } from '@cenotaph/journal'
import { encodeSeekable, memorySource } from '@cenotaph/rollout'
import { nodeClock, nodeDisk, nodeEntropy } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import {
  crashCopy,
  filesHolding,
  foreignLine,
  foreignText,
  levelFolder,
  open,
  refusal,
  rolloutOf,
  rolloutsOf,
  say,
  scratch,
  textsOf,
  writeForeign,
} from './store.fixture.js'

const a = testId(1)
const b = testId(2)
const fork = testId(3)

/** Adds a record behind those that the closed store's journal holds. */
async function journalAppend(root: string, section: Section): Promise<void> {
  const level = await openLevel(levelFolder(root), { createIfMissing: false })
  const { journal } = await Journal.open({
    level,
    disk: nodeDisk,
    anchorPath: path.join(root, '.cenotaph', 'anchor.json'),
    clock: nodeClock,
    entropy: nodeEntropy,
    fresh: false,
  })
  await journal.append(section)
  await journal.close()
}

const record = (threadId: string, generation: number, offset: number, text: string): Section => ({
  subject: threadId,
  generation,
  offset,
  first: 1,
  count: 1,
  bytes: Buffer.from(foreignLine(1, text)),
})

/** Threads with journaled lines that no checkpoint has settled. */
async function withJournaledLines(store: ThreadStore): Promise<void> {
  for (const id of [a, b]) {
    await store.createThread({ threadId: id, cwd: '/w' })
    await store.appendItems(id, [say(`${id} one`), say(`${id} two`)])
  }
}

interface Case {
  readonly verb: string
  readonly operation: string
  prepare?(store: ThreadStore, root: string): Promise<void>
  run(store: ThreadStore, root: string): Promise<unknown>
  readonly expected: readonly string[] | 'deleted'
  readonly id?: string
}

const lines = [`${a} one`, `${a} two`]

const cases: Case[] = [
  { verb: 'archive', operation: 'archive', run: (s) => s.archiveThreads([a]), expected: lines },
  {
    verb: 'unarchive',
    operation: 'unarchive',
    prepare: async (s) => {
      await s.archiveThreads([a])
    },
    run: (s) => s.unarchiveThreads([a]),
    expected: lines,
  },
  { verb: 'delete', operation: 'delete', run: (s) => s.deleteThread(a), expected: 'deleted' },
  {
    verb: 'detach',
    operation: 'delete',
    prepare: async (s) => {
      await s.forkThread(a, { newThreadId: fork })
      await s.appendItems(fork, [say('of the fork')])
    },
    run: (s) => s.deleteThread(a, { forks: 'detach' }),
    expected: [...lines, 'of the fork'],
    id: fork,
  },
  {
    verb: 'extension by import',
    operation: 'import',
    prepare: async (_s, root) => {
      const source = path.join(path.dirname(root), 'source', path.basename(rolloutOf(root, a)))
      rmSync(path.dirname(source), { recursive: true, force: true })
      await nodeDisk.makeFolder(path.dirname(source))
      writeFileSync(source, readFileSync(rolloutOf(root, a)).toString() + foreignLine(3, 'longer'))
    },
    run: (s, root) => s.importRollouts([path.join(path.dirname(root), 'source')]),
    expected: [...lines, 'longer'],
  },
]

describe('lines are journaled, their file is moved, rewritten or removed, and a crash replays the journal', () => {
  for (const { verb, operation, prepare, run, expected, id = a } of cases) {
    it(`${verb}: every instant leaves the lines once, in one file, or none at all`, async () => {
      const root = path.join(scratch(), 'root')
      const copies: string[] = []
      let armed = false
      const store = await open(root, {
        crashPoint: (name) => {
          if (armed && /^(checkpoint|delete|archive|unarchive|import)\./.test(name))
            copies.push(crashCopy(root))
        },
      })
      await withJournaledLines(store)
      await prepare?.(store, root)
      armed = true
      await run(store, root)
      armed = false
      const points = crashPoints.filter((point) => point.startsWith(`${operation}.`))
      expect(copies.length).toBeGreaterThanOrEqual(points.length)

      for (const copy of copies) {
        const again = await open(copy)
        expect(await textsOf(again, b)).toEqual([`${b} one`, `${b} two`])
        const status = await again.status(id)
        if (status.state === 'deleted') {
          expect(expected).toBe('deleted')
          expect(rolloutsOf(copy, id)).toEqual([])
          expect(filesHolding(copy, `${a} one`)).toEqual([])
        } else {
          expect(status.state === 'active' || status.state === 'archived').toBe(true)
          const texts = await textsOf(again, id)
          if (expected !== 'deleted') {
            // Before the commit of an import the thread is what it was.
            expect([expected, lines]).toContainEqual(texts)
          } else expect(texts).toEqual(lines)
          expect(rolloutsOf(copy, id)).toHaveLength(1)
        }
        expect((await again.verify()).problems).toEqual([])
        await again.close()
      }
    })
  }

  it('materialise: the plain file is whole at every instant, never a hole beside the compressed one', async () => {
    const folder = scratch()
    const root = path.join(folder, 'root')
    const source = { threadId: a, messages: ['one', 'two'] }
    const pieces: Uint8Array[] = []
    const plain = Buffer.from(foreignText(source))
    await encodeSeekable(memorySource(plain), async (bytes) => void pieces.push(bytes))
    const target = writeForeign(path.join(folder, 'source'), source)
    rmSync(target)
    writeFileSync(`${target}.zst`, Buffer.concat(pieces))

    const copies: string[] = []
    let armed = false
    const store = await open(root, {
      crashPoint: () => {
        if (armed) copies.push(crashCopy(root))
      },
    })
    await store.importRollouts([path.join(folder, 'source')])
    armed = true
    await store.appendItems(a, [say('three')])
    armed = false
    expect(copies.length).toBeGreaterThanOrEqual(8)
    for (const copy of copies) {
      const again = await open(copy)
      const texts = await textsOf(again, a)
      expect([
        ['one', 'two'],
        ['one', 'two', 'three'],
      ]).toContainEqual(texts)
      await again.appendItems(a, [say('four')])
      const file = rolloutOf(copy, a)
      expect(file.endsWith('.jsonl')).toBe(true)
      expect(readFileSync(file).subarray(0, plain.length).equals(plain)).toBe(true)
      expect(readFileSync(file).includes(0)).toBe(false)
      await again.close()
    }
  })
})

describe('a record of an older generation is found in the journal', () => {
  it('is not written into the file that took the place of the old one', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await withJournaledLines(store)
    const offset = readFileSync(rolloutOf(root, a)).length
    await store.archiveThreads([a])
    await store.unarchiveThreads([a])
    await store.close()
    const before = readFileSync(rolloutOf(root, a))
    await journalAppend(root, record(a, 1, 100, 'stale'))
    await journalAppend(root, record(a, 2, offset, 'stale'))

    const again = await open(root)
    expect(await textsOf(again, a)).toEqual(lines)
    expect(readFileSync(rolloutOf(root, a)).equals(before)).toBe(true)
    await again.appendItems(a, [say('three')])
    expect(await textsOf(again, a)).toEqual([...lines, 'three'])
  })

  it('of a dead thread brings no file and no line back', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await withJournaledLines(store)
    await store.deleteThread(a)
    await store.close()
    await journalAppend(root, record(a, 1, 0, 'risen'))
    await journalAppend(root, record(a, 2, 300, 'risen'))
    const again = await open(root)
    expect(rolloutsOf(root, a)).toEqual([])
    await refusal(again.readThread(a), 'THREAD_DELETED')
    await again.checkpoint()
    expect(filesHolding(root, 'risen')).toEqual([])
  })
})

describe('the file of a journaled record is gone or shorter at replay', () => {
  it('gone: nothing is created in its place, and the thread parks', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await withJournaledLines(store)
    const copy = crashCopy(root)
    rmSync(rolloutOf(copy, a))
    const again = await open(copy)
    expect(rolloutsOf(copy, a)).toEqual([])
    await refusal(again.appendItems(a, [say('more')]), 'THREAD_UNAVAILABLE')
    expect(await textsOf(again, b)).toHaveLength(2)
    expect(existsSync(path.join(copy, 'sessions'))).toBe(true)
  })

  it('shorter: no hole is left where the missing piece was', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await withJournaledLines(store)
    await store.checkpoint()
    await store.appendItems(a, [say('three')])
    const copy = crashCopy(root)
    const file = rolloutOf(copy, a)
    truncateSync(file, 200)
    const again = await open(copy)
    expect(readFileSync(file)).toHaveLength(200)
    expect((await refusal(textsOf(again, a), 'ROLLOUT_SHORT')).detail.threadId).toBe(a)
    await refusal(again.appendItems(a, [say('four')]), 'THREAD_UNAVAILABLE')
  })
})
