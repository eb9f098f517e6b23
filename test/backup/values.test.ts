// What a thread owns beside its lines: attachments, holds and pins come back; what is erased or redacted while a backup
// runs is not in it.

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { restoreBackup, type ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import { filesHolding, filesUnder } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { quietOptions, scratch } from '../support-fixtures/scratch.fixture.js'
import { textItem, textsOf } from '../support-fixtures/store-state.fixture.js'

const stores = scratch()
const [one, two, three] = [1, 2, 3].map(threadIdOf) as [string, string, string]
const secret = 'a secret that was pasted by mistake, and quite long'

const target = async (): Promise<string> => path.join(await stores.folder(), 'copy')

async function create(store: ThreadStore, threadId: string, ...texts: string[]): Promise<void> {
  await store.createThread({ threadId, name: `name of ${threadId}` })
  await store.appendItems(threadId, texts.map(textItem))
}

/** A store that acts at the first `backup.copy:after`, when everything has been copied once. */
async function actingStore(act: (store: ThreadStore) => Promise<unknown>): Promise<ThreadStore> {
  let done = false
  const store: ThreadStore = await stores.store({
    crashPoint: async (name) => {
      if (name !== 'backup.copy:after' || done) return
      done = true
      await act(store)
    },
  })
  return store
}

describe('a restore', () => {
  it('brings attachments, holds and pins back, into an empty root and into a store', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    await create(store, two, 'second')
    await store.attachments(one).put('goal', 'main', { text: 'a goal' })
    const bytes = new Uint8Array(40_000).fill(7)
    await store.attachments(one).put('log', 'raw', bytes)
    await store.holdThread(one, 'kept for a reason')
    await store.pinThread(two)
    const views = [await store.readThread(one), await store.readThread(two)]
    const dir = await target()
    await store.backup(dir)
    await store.close()
    const empty = path.join(await stores.folder(), 'empty')
    await restoreBackup(dir, empty, { tombstones: 'none' }, quietOptions)
    const other = await stores.store()
    await create(other, three, 'its own')
    await other.close()
    const report = await restoreBackup(dir, other.root, { tombstones: 'none' }, quietOptions)
    expect(report.restored).toEqual([one, two])
    for (const root of [empty, other.root]) {
      const again = await stores.open(root)
      expect([await again.readThread(one), await again.readThread(two)]).toEqual(views)
      expect((await again.listHolds()).map(({ threadId }) => threadId)).toEqual([one])
      const attachments = again.attachments(one)
      expect(await attachments.get('goal', 'main')).toEqual({ text: 'a goal' })
      expect(Buffer.from((await attachments.get('log', 'raw')) as Uint8Array)).toEqual(
        Buffer.from(bytes),
      )
      expect((await again.verify()).problems).toEqual([])
      await again.unholdThread(one)
      expect((await again.deleteThread(one)).state).toBe('deleted')
      await again.close()
    }
  })

  it('reads values of any size, more than are copied under the lock', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    const values = Array.from({ length: 24 }, (_, n) => new Uint8Array(900_000).fill(n + 1))
    for (const [n, value] of values.entries())
      await store.attachments(one).put('log', `${n}`, value)
    const dir = await target()
    await store.backup(dir)
    await store.close()
    const root = path.join(await stores.folder(), 'restored')
    await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
    const again = await stores.open(root)
    for (const [n, value] of values.entries()) {
      const got = (await again.attachments(one).get('log', `${n}`)) as Uint8Array
      expect(Buffer.compare(got, value)).toBe(0)
    }
  })
})

describe('a backup', () => {
  it('has no attachment that was erased while it ran', async () => {
    const store = await actingStore((running) => running.attachments(one).delete('note', 'n'))
    await create(store, one, 'first')
    await store.attachments(one).put('note', 'n', Buffer.from(secret))
    const dir = await target()
    await store.backup(dir)
    expect(await filesHolding(dir, secret)).toEqual([])
  })

  it('has no line that was redacted while it ran, nor what repeats it', async () => {
    const store = await actingStore((running) =>
      running.redactItems(one, [{ from: 1, to: 1 }], 'pasted'),
    )
    await create(store, one, secret, 'kept')
    await store.forkThread(one, { newThreadId: two })
    await store.attachments(one).put('note', 'n', Buffer.from(secret))
    const dir = await target()
    const made = await store.backup(dir)
    expect(made.problems).toEqual([])
    expect(await filesHolding(dir, secret)).toEqual([])
    const root = path.join(await stores.folder(), 'restored')
    await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
    const again = await stores.open(root)
    expect(await textsOf(again, two)).toEqual(['kept'])
    expect((await again.verify()).problems).toEqual([])
  })

  it('leaves a thread out whose redaction cannot be finished, and says so', async () => {
    const { disk, heal, fail } = failWhile(
      (call, name) => call === 'rename' && name.includes('.jsonl'),
    )
    heal()
    const store = await stores.open(path.join(await stores.folder(), 'store'), { disk })
    await create(store, one, secret, 'kept')
    await create(store, three, 'third')
    fail()
    expect((await store.redactItems(one, [{ from: 1, to: 1 }], 'pasted')).state).toBe('erasing')
    const dir = await target()
    const made = await store.backup(dir)
    expect(made.problems).toEqual([
      expect.objectContaining({ code: 'THREAD_UNAVAILABLE', threadId: one }),
    ])
    expect(made.threads).toBe(1)
    expect(await filesHolding(dir, secret)).toEqual([])
    heal()
    await store.reopen()
    expect((await store.backup(await target())).threads).toBe(2)
  })

  it('has no thread that lives in memory', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    const held = await store.createThread({ ephemeral: true, name: secret })
    await store.appendItems(held, [textItem(secret)])
    const dir = await target()
    expect((await store.backup(dir)).threads).toBe(1)
    expect(await filesHolding(dir, secret)).toEqual([])
    const names = await filesUnder(dir)
    expect(names.filter((name) => name.includes(held))).toEqual([])
    const manifest = await readFile(path.join(dir, 'manifest.json'), 'utf8')
    expect(manifest).not.toContain(held)
  })
})
