// A redaction that is cut short: by a disk that fails, by a crash, by others who want the same thread. From the commit on
// nobody reads the old text, and in the end no file has it.

import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import { isStoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import {
  type DiskCall,
  type Errno,
  effects,
  failNth,
  failWhile,
} from '../support-fixtures/faulty-disk.fixture.js'
import { crashCopy, open, refusal, say } from '../traps/store.fixture.js'
import {
  canaries,
  filesWith,
  fork,
  linesOf,
  newSecret,
  thread,
  withSecret,
} from './redact.fixture.js'

/** No reader of an open store sees the text. */
async function expectHidden(store: ThreadStore, ids: readonly string[], secret: string) {
  for (const id of ids) {
    const lines = await linesOf(store, id)
    expect(lines.join()).not.toContain(secret)
    expect(JSON.stringify(await store.readThread(id))).not.toContain(secret)
  }
  const { threads } = await store.listThreads()
  expect(JSON.stringify(threads)).not.toContain(secret)
}

/** A root that is closed and holds the secret in a base with a fork. */
async function closedRoot(secret: string): Promise<string> {
  const { root, store } = await withSecret(secret)
  await store.forkThread(thread, { newThreadId: fork })
  await store.renameThread(thread, `named ${secret}`)
  await store.close()
  return root
}

/** Runs until the call passes untouched; each run begins with a copy of the root. */
async function failEach(
  root: string,
  secret: string,
  errno: Errno,
  calls: readonly DiskCall[],
  every = 1,
) {
  let faults = 0
  let erasing = 0
  for (let index = 0; index < 400; index += every) {
    const copy = crashCopy(root)
    const fault = failNth(index, { calls, errno, when: faults % 2 === 0 ? 'before' : 'after' })
    const armed = { on: false }
    const disk = switched(fault.disk, armed)
    const store = await openThreadStore(copy, { disk, ballastBytes: 4096, retryMs: 3_600_000 })
    armed.on = true
    const outcome = await store.redactItems(fork, [2], 'asked for').catch((error: unknown) => {
      if (!isStoreError(error)) throw error
      return error
    })
    armed.on = false
    if (!fault.hit()) {
      await store.close()
      expect(index).toBeGreaterThan(5)
      return { faults, erasing }
    }
    faults += 1
    if (!isStoreError(outcome) && outcome.state === 'erasing') {
      erasing += 1
      await expectHidden(store, [thread, fork], secret)
      expect(outcome.pending).toHaveLength(1)
    }
    await store.close().catch(() => {})
    const again = await openThreadStore(copy, { ballastBytes: 4096 })
    if (isStoreError(outcome)) {
      // Absent or whole: never half.
      const shown = (await linesOf(again, thread)).join().includes(secret)
      if (shown) await again.redactItems(fork, [2], 'asked for')
    }
    await expectHidden(again, [thread, fork], secret)
    expect((await again.verify()).problems).toEqual([])
    await again.close()
    expect(await filesWith(copy, secret), `${errno} at ${JSON.stringify(fault.hit())}`).toEqual([])
  }
  throw new Error('the redaction never passed untouched')
}

/** The faulty disk while armed, and the real one else. */
function switched<D extends object>(faulty: D, armed: { on: boolean }): D {
  return new Proxy(faulty, {
    get: (target, name) => {
      const source = armed.on ? target : (failNth(-1, quiet).disk as unknown as D)
      return source[name as keyof D]
    },
  })
}
const quiet = { calls: [], errno: 'EIO', when: 'before' } as const

describe('a disk that fails once, at each effect of a redaction', () => {
  it.each(['EIO', 'ENOSPC'] as const)('%s: hidden, and gone after a reopen', async (errno) => {
    const secret = newSecret()
    const { faults, erasing } = await failEach(await closedRoot(secret), secret, errno, effects)
    expect(faults).toBeGreaterThan(5)
    expect(erasing).toBeGreaterThan(0)
  })

  it('EIO while reading', async () => {
    const reads = ['openRead', 'list', 'read', 'stat'] as const
    const secret = newSecret()
    const { faults } = await failEach(await closedRoot(secret), secret, 'EIO', reads, 9)
    expect(faults).toBeGreaterThan(5)
  })
})

describe('a redaction whose steps fail', () => {
  it('stays in erasing with its reason, parks the thread for writers, and a retry finishes it', async () => {
    const secret = newSecret()
    const fault = failWhile((call, path) => call === 'rename' && path.includes('rollout-'), 'EPERM')
    fault.heal()
    const { root, store } = await withSecret(secret, { disk: fault.disk })
    fault.fail()
    const result = await store.redactItems(thread, [2], 'asked for')
    expect(result).toMatchObject({ state: 'erasing', receipt: null })
    expect(result.pending[0]).toMatchObject({ step: 'redact.rewrite', reason: 'DISK_ERROR EPERM' })
    await expectHidden(store, [thread], secret)
    await refusal(store.appendItems(thread, [say('x')]), 'THREAD_UNAVAILABLE')
    await refusal(store.redactItems(thread, [1], 'asked for'), 'THREAD_UNAVAILABLE')
    expect((await store.retry(thread)).state).toBe('erasing')
    expect(await store.sweep()).toMatchObject({
      state: 'erasing',
      threadIds: [],
      pending: [{ step: 'redact.rewrite', reason: 'DISK_ERROR EPERM' }],
    })
    fault.heal()
    const done = await store.retry(thread)
    expect(done.state).toBe('deleted')
    expect(done.receipt?.redaction?.ordinals).toEqual([{ threadId: thread, from: 2, to: 2 }])
    expect(await filesWith(root, secret)).toEqual([])
    await store.appendItems(thread, [say('goes on')], { expectedOrdinal: 4 })
    await refusal(store.retry(thread), 'ARGUMENT_INVALID')
  })

  it('is hidden after a crash too, while the disk still fails, and gone once it does not', async () => {
    const secret = newSecret()
    const fault = failWhile((call, path) => call === 'rename' && path.includes('rollout-'))
    fault.heal()
    const { root, store } = await withSecret(secret, { disk: fault.disk })
    await store.forkThread(thread, { newThreadId: fork })
    fault.fail()
    await store.redactItems(fork, [2], 'asked for')
    const copy = crashCopy(root)
    const again = await open(copy, { disk: fault.disk })
    await expectHidden(again, [thread, fork], secret)
    await again.exportThreads([fork], { to: `${copy}-export` })
    expect(await filesWith(`${copy}-export`, secret)).toEqual([])
    await again.close()
    fault.heal()
    const mended = await open(copy)
    await expectHidden(mended, [thread, fork], secret)
    expect(await filesWith(copy, secret)).toEqual([])
    expect((await mended.listReceipts()).map((one) => one.verification?.mode)).toEqual([
      'structural',
    ])
  })

  it('is taken over by a delete of the thread', async () => {
    const secret = newSecret()
    const fault = failWhile((call, path) => call === 'rename' && path.includes('rollout-'))
    fault.heal()
    const { root, store } = await withSecret(secret, { disk: fault.disk })
    fault.fail()
    await store.redactItems(thread, [2], 'asked for')
    const { state } = await store.deleteThread(thread)
    expect(state).toBe('deleted')
    expect(await filesWith(root, secret)).toEqual([])
    await store.close()
    const again = await open(root)
    expect((await again.verify()).problems).toEqual([])
  })
})

describe('at the same time', () => {
  it('two redactions, appends, forks, renames, archives and a delete leave nothing of the text', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    const other = canaries.next()
    await store.appendItems(thread, [say(other)])
    const all = await Promise.allSettled([
      store.redactItems(thread, [2], 'one'),
      store.appendItems(thread, [say('meanwhile')]),
      store.redactItems(thread, [{ from: 2, to: 4 }], 'two'),
      store.forkThread(thread, { newThreadId: fork }),
      store.renameThread(thread, 'another name'),
      store.archiveThreads([thread]),
      store.redactItems(thread, [4], 'three'),
    ])
    for (const one of all) {
      if (one.status === 'rejected') expect(isStoreError(one.reason)).toBe(true)
    }
    for (const text of [secret, other]) {
      expect(await filesWith(root, text)).toEqual([])
      await expectHidden(store, [thread], text)
    }
    expect((await store.verify()).problems).toEqual([])
  })

  it('a live recorder goes on writing', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    const { recorder } = await store.resumeThread(thread)
    recorder.add(say('before'))
    const redacting = store.redactItems(thread, [2], 'asked for')
    recorder.add(say('during'))
    await redacting
    recorder.add(say('after'))
    await recorder.flush()
    await recorder.shutdown()
    expect(await linesOf(store, thread)).toHaveLength(7)
    expect(await filesWith(root, secret)).toEqual([])
    expect((await store.verify()).problems).toEqual([])
  })
})
