// The scan is the proof of an erasure, so it must see what a plain search misses, must not find what living threads
// hold as well, and must not believe LevelDB that it has compacted.

import path from 'node:path'
import { ClassicLevel } from 'classic-level'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { canaryOf, filesHolding, open, say, scratch, textsOf } from './store.fixture.js'

const doomed = testId(1)
const kept = testId(2)

describe('threads share their folder, name and words', () => {
  it('what a living thread holds too is counted as shared, and the delete ends all the same', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    const cwd = `/home/someone/${'deep/'.repeat(12)}project`
    const name = 'Continue with the migration of the database to the new host'
    for (const id of [doomed, kept]) {
      await store.createThread({ threadId: id, cwd, name })
      await store.appendItems(id, [
        say('hi, please do the same as in the other thread, thank you very much'),
      ])
    }
    const result = await store.deleteThread(doomed)
    expect(result.state).toBe('deleted')
    expect(result.receipt?.verification?.residue).toBe(0)
    expect(result.receipt?.verification?.shared).toBeGreaterThan(0)
    expect(await store.resolveThread(name)).toBe(kept)
    expect((await store.readThread(kept))?.cwd).toBe(cwd)
  })
})

describe('a thread says an id that stays in keys', () => {
  const PADDINGS = 12

  it('and its delete ends, wherever a window of its bytes begins in it', async () => {
    const store = await open(path.join(scratch(), 'root'))
    for (let n = 0; n < PADDINGS; n += 1) {
      const id = testId(200 + n)
      await store.createThread({ threadId: id, cwd: '/w' })
      // A window lies in the id alone in one of ten cases: five places of 48.
      await store.appendItems(id, [say(`${'x'.repeat(4 * n)} ${id}`)])
      expect(await store.deleteThread(id)).toMatchObject({ state: 'deleted' })
    }
  })

  it('and the redaction of what it said ends', async () => {
    const store = await open(path.join(scratch(), 'root'))
    await store.createThread({ threadId: doomed, cwd: '/w' })
    await store.createThread({ threadId: kept, cwd: '/w' })
    await store.deleteThread(doomed)
    await store.appendItems(kept, [say(doomed), say(`${'x'.repeat(48)}${doomed}`), say(kept)])
    expect(await store.redactItems(kept, [1, 2, 3], 'asked for')).toMatchObject({
      state: 'deleted',
    })
  })
})

describe('a value is split by the blocks of LevelDB’s log', () => {
  it('is erased and looked for as a whole: lines of every size around the limit of a block', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await store.createThread({ threadId: kept, cwd: '/w' })
    for (let n = 0; n < 6; n += 1) {
      const id = testId(100 + n)
      await store.createThread({ threadId: id, cwd: '/w' })
      for (const fill of [32_700 - n, 10, 32_768, 65_500 + n]) {
        await store.appendItems(id, [
          say(`${'.'.repeat(fill)}${canaryOf('split')}${'.'.repeat(fill)}`),
        ])
      }
      const result = await store.deleteThread(id)
      expect(result.state).toBe('deleted')
      expect(filesHolding(root, canaryOf('split').slice(0, 24))).toEqual([])
      expect(filesHolding(root, canaryOf('split').slice(24))).toEqual([])
    }
  })
})

describe('LevelDB resolves a compaction that it has not done', () => {
  it('the delete does not say erased; it does once LevelDB compacts again', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    for (const id of [doomed, kept]) {
      await store.createThread({
        threadId: id,
        cwd: '/w',
        name: canaryOf(id === doomed ? 'doomed' : 'kept'),
      })
    }
    const lazy = vi
      .spyOn(ClassicLevel.prototype, 'compactRange')
      .mockResolvedValue(undefined as never)
    onTestFinished(() => lazy.mockRestore())
    const result = await store.deleteThread(doomed)
    expect(result.state).toBe('erasing')
    expect(result.pending[0]?.reason).toBe('ERASE_INCOMPLETE')
    expect(result.receipt).toBeNull()
    expect(filesHolding(root, canaryOf('doomed'))).not.toEqual([])
    lazy.mockRestore()
    expect((await store.retry(doomed)).state).toBe('deleted')
    expect(filesHolding(root, canaryOf('doomed'))).toEqual([])
    expect(await textsOf(store, kept)).toEqual([])
  })
})
