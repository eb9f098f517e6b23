// How the engine writes to LevelDB. A synced write does not cover unsynced ones in an older log, so every write is
// synced; one that failed makes later ones acknowledged and lost, so it is the last; `clear` is neither atomic nor
// durable, so nobody calls it; a batch of thousands makes every append wait, so a delete has none.

import { statSync } from 'node:fs'
import path from 'node:path'
import { ClassicLevel } from 'classic-level'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { testId } from '../support/thread-ids.js'
import {
  crashCopy,
  filesBelow,
  levelFolder,
  open,
  refusal,
  say,
  scratch,
  textsOf,
} from './store.fixture.js'

interface Batch {
  readonly operations: number
  readonly sync: boolean | undefined
}

/** Watches every call of LevelDB that writes. */
function watchLevel() {
  const batches: Batch[] = []
  let inFlight = 0
  let most = 0
  const original = ClassicLevel.prototype.batch
  const batch = vi.spyOn(ClassicLevel.prototype, 'batch').mockImplementation(async function (
    this: unknown,
    ...args: unknown[]
  ) {
    const [operations, options] = args as [unknown[], { sync?: boolean }]
    batches.push({ operations: operations.length, sync: options.sync })
    inFlight += 1
    most = Math.max(most, inFlight)
    try {
      await Reflect.apply(original, this, args)
    } finally {
      inFlight -= 1
    }
  } as never)
  const others = (['put', 'del', 'clear'] as const).map((name) =>
    vi.spyOn(ClassicLevel.prototype, name as 'clear'),
  )
  onTestFinished(() => void vi.restoreAllMocks())
  return { batches, batch, others, most: () => most }
}

describe('every write to LevelDB', () => {
  it('is a synced batch, alone in flight, and in a delete never of more than a thousand operations', async () => {
    const watched = watchLevel()
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    const parent = testId(1)
    await store.createThread({ threadId: parent, cwd: '/w' })
    const children = Array.from({ length: 260 }, (_, n) => testId(1000 + n))
    for (const threadId of children) {
      await store.createThread({ threadId, parentThreadId: parent, name: 'child' })
    }
    await Promise.all(children.map((id) => store.appendItems(id, [say('one')])))
    await store.flush()
    await store.renameThread(parent, 'renamed')
    const before = watched.batches.length
    const result = await store.deleteThread(parent)
    expect(result.state).toBe('deleted')
    expect(result.threadIds).toHaveLength(261)
    // The checkpoint before it writes a row and an event of every thread that had lines, a hundred threads at a time.
    const ofDelete = watched.batches.slice(before).map(({ operations }) => operations)
    expect(ofDelete.length).toBeGreaterThan(6)
    expect(ofDelete.length).toBeLessThan(40)
    expect(Math.max(...ofDelete)).toBeLessThanOrEqual(1001)
    expect(Math.min(...ofDelete.slice(0, 3))).toBeGreaterThan(300)
    expect(ofDelete[3]!).toBeLessThan(20)
    await store.close()
    expect(watched.batches.length).toBeGreaterThan(261)
    expect(watched.batches.every(({ sync }) => sync === true)).toBe(true)
    expect(watched.most()).toBe(1)
    for (const other of watched.others) expect(other).not.toHaveBeenCalled()
  })

  it('that fails is the last one: what was acknowledged stays, what was queued behind it is refused', async () => {
    const watched = watchLevel()
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await store.createThread({ threadId: testId(1), cwd: '/w' })
    await store.appendItems(testId(1), [say('acknowledged')])
    const calls = watched.batch.mock.calls.length
    watched.batch.mockImplementationOnce((async () => {
      throw new Error('IO error: No space left on device')
    }) as never)
    const results = await Promise.allSettled(
      ['a', 'b', 'c'].map(async (text) => {
        await Promise.resolve()
        return store.appendItems(testId(1), [say(text)])
      }),
    )
    expect(results.every(({ status }) => status === 'rejected')).toBe(true)
    const later = await refusal(store.appendItems(testId(1), [say('later')]), 'STORE_FAILED')
    expect(later.detail.diskFull).toBe(true)
    expect(later.outcome).toBe('absent')
    expect(watched.batch.mock.calls.length).toBe(calls + 1)
    expect(await textsOf(store, testId(1))).toEqual(['acknowledged'])
    const crashed = await open(crashCopy(root))
    expect(await textsOf(crashed, testId(1))).toEqual(['acknowledged'])
    await store.reopen()
    await store.appendItems(testId(1), [say('later')])
    expect(await textsOf(store, testId(1))).toEqual(['acknowledged', 'later'])
  })
})

describe('an agent writes a line every now and then, for long', () => {
  it('LOG and MANIFEST do not grow with every checkpoint for ever: LevelDB is reopened in place', async () => {
    const root = path.join(scratch(), 'root')
    const levelLogBytesMax = 24 * 1024
    const store = await open(root, { levelLogBytesMax })
    await store.createThread({ threadId: testId(1), cwd: '/w' })
    let most = 0
    for (let n = 0; n < 60; n += 1) {
      await store.appendItems(testId(1), [say(`${n}`)])
      await store.checkpoint()
      const bytes = filesBelow(levelFolder(root))
        .filter((file) => /LOG$|MANIFEST-/.test(file))
        .reduce((sum, file) => sum + statSync(file).size, 0)
      most = Math.max(most, bytes)
    }
    // One more checkpoint's worth may come on top before it is looked at.
    expect(most).toBeLessThan(levelLogBytesMax + 8 * 1024)
    expect(most).toBeGreaterThan(levelLogBytesMax / 2)
    await refusal(open(root), 'STORE_LOCKED')
    expect(await textsOf(store, testId(1))).toHaveLength(60)
  })
})
