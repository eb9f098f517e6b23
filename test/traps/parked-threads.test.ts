// One bad thread parks itself and nobody else. What the journal held for it outlives every checkpoint and every open,
// and is there again when its rollout is back.

import {
  copyFileSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import type { ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import {
  canaryOf,
  crashCopy,
  filesHolding,
  open,
  ordinalsOf,
  refusal,
  rolloutOf,
  rolloutsOf,
  say,
  scratch,
  textsOf,
} from './store.fixture.js'

const bad = testId(1)
const good = testId(2)

const checkpointed = ['one', 'two']
const journaled = ['three', 'four', canaryOf('carried'), 'x'.repeat(3000)]

/** A crash with journaled lines of the bad thread, some in the journal and some in it by reference alone. */
async function crashed(): Promise<string> {
  const root = path.join(scratch(), 'root')
  const store = await open(root, { referenceBytesMin: 2000 })
  for (const id of [bad, good]) {
    await store.createThread({ threadId: id, cwd: '/w' })
    await store.appendItems(id, checkpointed.map(say))
  }
  await store.checkpoint()
  for (const [index, text] of journaled.entries()) {
    await store.appendItems(bad, [say(text)], { idempotencyKey: `key ${index}` })
  }
  await store.appendItems(good, [say('three')])
  return crashCopy(root)
}

async function checkParked(store: ThreadStore): Promise<void> {
  const error = await refusal(store.appendItems(bad, [say('no')]), 'THREAD_UNAVAILABLE')
  expect(error.outcome).toBe('absent')
  await refusal(store.archiveThreads([bad]), 'THREAD_UNAVAILABLE')
  await refusal(store.forkThread(bad), 'THREAD_UNAVAILABLE')
  expect((await store.verify()).problems.some(({ threadId }) => threadId === bad)).toBe(true)
}

async function checkBack(store: ThreadStore): Promise<void> {
  expect(await textsOf(store, bad)).toEqual([...checkpointed, ...journaled])
  expect((await store.verify()).problems).toEqual([])
  const { firstOrdinal } = await store.appendItems(bad, [say('on')])
  expect(firstOrdinal).toBe(7)
  expect(await ordinalsOf(store, bad)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  const repeat = await store.appendItems(bad, [say('four')], { idempotencyKey: 'key 1' })
  expect(repeat.firstOrdinal).toBe(4)
}

describe('a rollout is missing when its journaled lines are replayed', () => {
  it('its lines survive opens, crashes and checkpoints, and come back with it', async () => {
    const root = await crashed()
    const file = rolloutOf(root, bad)
    const aside = path.join(scratch(), 'aside.jsonl')
    renameSync(file, aside)
    // What a backup from before the crash would bring back: the checkpointed part and what came by reference.
    for (let round = 0; round < 4; round += 1) {
      const store = await open(root)
      await checkParked(store)
      await store.appendItems(good, [say(`round ${round}`)])
      await store.checkpoint()
      await store.appendItems(good, [say(`round ${round} again`)])
      if (round === 2) {
        // A crash instead of a close, with other threads' lines in the journal.
        const copy = crashCopy(root)
        const again = await open(copy)
        await checkParked(again)
        await again.close()
        copyFileSync(aside, path.join(copy, path.relative(root, file)))
        await checkBack(await open(copy))
      }
      await store.close()
      expect(rolloutsOf(root, bad)).toEqual([])
    }
    renameSync(aside, file)
    const store = await open(root)
    await checkBack(store)
    await store.close()
    expect(await textsOf(await open(root), bad)).toEqual([...checkpointed, ...journaled, 'on'])
  })

  it('a crash while they come back does not bring them twice', async () => {
    const root = await crashed()
    const file = rolloutOf(root, bad)
    const aside = path.join(scratch(), 'aside.jsonl')
    renameSync(file, aside)
    await (await open(root)).close()
    renameSync(aside, file)
    const copies: string[] = []
    const store = await open(root, { crashPoint: () => void copies.push(crashCopy(root)) })
    expect(copies.length).toBeGreaterThan(2)
    await checkBack(store)
    for (const copy of copies.slice(0, 8)) {
      const again = await open(copy)
      expect((await textsOf(again, bad)).slice(0, 6)).toEqual([...checkpointed, ...journaled])
      await again.close()
    }
  })
})

describe('a rollout is shorter than what was checkpointed', () => {
  it('its journaled lines wait until the missing piece is back', async () => {
    const root = await crashed()
    const file = rolloutOf(root, bad)
    const whole = readFileSync(file)
    truncateSync(file, 300)
    for (let round = 0; round < 2; round += 1) {
      const store = await open(root)
      await checkParked(store)
      await refusal(textsOf(store, bad), 'ROLLOUT_SHORT')
      expect(await textsOf(store, good)).toContain('three')
      await store.close()
      expect(statSync(file).size).toBe(300)
    }
    writeFileSync(file, whole)
    await checkBack(await open(root))
  })
})

describe('a parked thread is deleted', () => {
  it('the lines that were carried for it are erased with it', async () => {
    const root = await crashed()
    rmSync(rolloutOf(root, bad))
    await (await open(root)).close()
    const store = await open(root)
    const result = await store.deleteThread(bad)
    expect(result.state).toBe('deleted')
    await store.close()
    expect(filesHolding(root, canaryOf('carried'))).toEqual([])
    expect(
      filesHolding(root, Buffer.from(canaryOf('carried')).toString('base64').slice(4, 40)),
    ).toEqual([])
    const again = await open(root)
    await refusal(again.readThread(bad), 'THREAD_DELETED')
    expect((await again.verify()).problems).toEqual([])
  })
})

describe('an operation stops between its commit and its file, and its thread is deleted', () => {
  it('nothing of it is left in staging, and nothing comes back at the next open', async () => {
    const root = path.join(scratch(), 'root')
    const failing = failWhile((call, file) => call === 'link' && file.includes('sessions'))
    const store = await open(root, { disk: failing.disk })
    await refusal(
      store.createThread({
        threadId: bad,
        cwd: canaryOf('folder'),
        meta: { note: canaryOf('meta') },
      }),
      'THREAD_UNAVAILABLE',
    )
    failing.heal()
    await store.createThread({ threadId: good, cwd: '/w' })
    const copy = crashCopy(root)
    const result = await store.deleteThread(bad)
    expect(result.state).toBe('deleted')
    expect(filesHolding(root, canaryOf('meta'))).toEqual([])
    expect(filesHolding(root, canaryOf('folder'))).toEqual([])
    await store.close()
    const again = await open(root)
    expect(rolloutsOf(root, bad)).toEqual([])
    await refusal(again.readThread(bad), 'THREAD_DELETED')
    expect((await again.verify()).problems).toEqual([])
    // Without the delete the next open finishes what was committed.
    const finished = await open(copy)
    expect(await ordinalsOf(finished, bad)).toEqual([0])
  })

  it('an archive of a tree of which one thread died meanwhile still moves the others', async () => {
    const root = path.join(scratch(), 'root')
    const failing = failWhile((call, file) => call === 'link' && file.includes('archived'))
    failing.heal()
    const store = await open(root, { disk: failing.disk })
    await store.createThread({ threadId: good, cwd: '/w' })
    await store.createThread({ threadId: bad, cwd: '/w', parentThreadId: good })
    failing.fail()
    await refusal(store.archiveThreads([good]), 'THREAD_UNAVAILABLE')
    const result = await store.deleteThread(bad)
    expect(result.state).toBe('deleted')
    failing.heal()
    await store.close()
    const again = await open(root)
    expect((await again.status(good)).state).toBe('archived')
    expect(rolloutOf(root, good)).toContain('archived_sessions')
    expect((await again.verify()).problems).toEqual([])
  })
})
