// A delete whose last step cannot be done stays open for as long as it takes, while everything else goes on: thousands
// of appends are journaled, trimmed and erased, the store is opened again and again. The journal has no gap because
// of it, the thread stays dead, and the delete ends by itself when its obstacle is gone.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { verifyReceipt } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import {
  canaryOf,
  crashCopy,
  filesHolding,
  open,
  refusal,
  rolloutOf,
  rolloutsOf,
  say,
  scratch,
  textsOf,
} from './store.fixture.js'

const dying = testId(1)
const child = testId(2)
const busy = [testId(10), testId(11), testId(12)]

describe('a rollout cannot be unlinked for long, while the store goes on', () => {
  it('thousands of appends are trimmed and the store is reopened: no gap, no return, and an end', async () => {
    const root = path.join(scratch(), 'root')
    const failing = failWhile((call, file) => call === 'unlink' && file.includes(dying), 'EBUSY')
    const options = { disk: failing.disk, checkpointBytes: 64 * 1024 }
    let store = await open(root, options)
    await store.createThread({ threadId: dying, cwd: canaryOf('folder'), name: 'doomed' })
    await store.createThread({ threadId: child, parentThreadId: dying })
    await store.appendItems(dying, [say(canaryOf('message'))])
    await store.appendItems(child, [say(canaryOf('child'))])
    for (const id of busy) await store.createThread({ threadId: id, cwd: '/w' })
    const result = await store.deleteThread(dying)
    expect(result.state).toBe('erasing')
    expect(result.pending[0]).toMatchObject({ step: 'delete.unlink', reason: 'DISK_ERROR EBUSY' })
    expect(result.receipt).toBeNull()

    let appended = 0
    for (let round = 0; round < 5; round += 1) {
      for (let n = 0; n < 4; n += 1) {
        await Promise.all(
          Array.from({ length: 200 }, (_, index) =>
            store.appendItems(busy[index % 3]!, [say(`${round} ${n} ${index}`)]),
          ),
        )
        appended += 200
      }
      await store.checkpoint()
      expect((await store.status(dying)).state).toBe('erasing')
      expect((await store.status(child)).state).toBe('erasing')
      await refusal(store.readThread(dying), 'THREAD_DELETED')
      for await (const { threadId, payload } of store.events()) {
        if (threadId === dying || threadId === child) expect(payload).toBeNull()
      }
      await refusal(store.appendItems(dying, [say('late')]), 'THREAD_DELETED')
      await refusal(store.createThread({ threadId: dying }), 'THREAD_DELETED')
      await refusal(store.forkThread(child), 'THREAD_DELETED')
      expect((await store.retry(dying)).state).toBe('erasing')
      if (round === 3) {
        const crashed = await open(crashCopy(root), options)
        expect((await crashed.status(dying)).state).toBe('erasing')
        await crashed.close()
      }
      await store.close()
      store = await open(root, options)
      const listed = await store.listThreads({ includeSubagents: true })
      expect(listed.threads.map(({ threadId }) => threadId).sort()).toEqual(busy)
    }
    expect(appended).toBe(4000)
    expect(existsSync(rolloutOf(root, dying))).toBe(true)
    expect(failing.count()).toBeGreaterThan(8)

    failing.heal()
    const done = await store.retry(dying)
    expect(done.state).toBe('deleted')
    expect(verifyReceipt(done.receipt, store.publicKey)).toMatchObject({ ok: true })
    // The probes died with the process that took them, and the receipt does not claim otherwise.
    expect(done.receipt?.verification?.mode).toBe('structural')
    expect(rolloutsOf(root, dying)).toEqual([])
    await store.close()
    for (const word of ['folder', 'message', 'child']) {
      expect(filesHolding(root, canaryOf(word))).toEqual([])
    }
    const again = await open(root)
    for (const [index, id] of busy.entries()) {
      expect(await textsOf(again, id)).toHaveLength(index === 2 ? 1320 : 1340)
    }
    expect((await again.verify()).problems).toEqual([])
  })
})

describe('two deletes, one of which cannot end', () => {
  it('the other one ends, and its receipt stands', async () => {
    const root = path.join(scratch(), 'root')
    const failing = failWhile((call, file) => call === 'unlink' && file.includes(dying), 'EPERM')
    const store = await open(root, { disk: failing.disk })
    for (const id of [dying, child]) {
      await store.createThread({
        threadId: id,
        cwd: `/${canaryOf(id === dying ? 'first' : 'second')}`,
      })
    }
    expect((await store.deleteThread(dying)).state).toBe('erasing')
    const second = await store.deleteThread(child)
    expect(second.state).toBe('deleted')
    await store.close()
    expect(filesHolding(root, canaryOf('second'))).toEqual([])
    failing.heal()
    const again = await open(root, { disk: failing.disk })
    expect((await again.status(dying)).state).toBe('deleted')
    expect(await again.listReceipts()).toHaveLength(2)
    expect(filesHolding(root, canaryOf('first'))).toEqual([])
  })
})
