// Restores: what comes back and as what, what stays dead, what is refused, and what a failing disk leaves.

import { cp, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  openThreadStore,
  repairStore,
  restoreBackup,
  type ThreadStore,
  verifyBackup,
} from '@cenotaph/core'
import { encodeSeekable, memorySource } from '@cenotaph/rollout'
import { describe, expect, it } from 'vitest'
import { effects, failNth, looks } from '../support-fixtures/faulty-disk.fixture.js'
import {
  exists,
  filesHolding,
  filesUnder,
  rolloutOf,
  snapshotOf,
} from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { quietOptions, scratch } from '../support-fixtures/scratch.fixture.js'
import { errorOf, factsOf, textItem, textsOf } from '../support-fixtures/store-state.fixture.js'

const stores = scratch()
const [one, two, three, four] = [1, 2, 3, 4].map(threadIdOf) as [string, string, string, string]

async function create(store: ThreadStore, threadId: string, text: string): Promise<void> {
  await store.createThread({ threadId, name: `name of ${text}`, cwd: `/home/${text}` })
  await store.appendItems(threadId, [textItem(text)])
}

const tombstonesOf = (store: ThreadStore): string =>
  path.join(store.root, '.cenotaph', 'tombstones')

async function backupOf(store: ThreadStore): Promise<string> {
  const dir = path.join(await stores.folder(), 'copy')
  await store.backup(dir)
  return dir
}

const freshRoot = async (): Promise<string> => path.join(await stores.folder(), 'restored')

/** A store with three threads, its backup, and the store closed. */
async function backedUp(): Promise<{ root: string; dir: string }> {
  const store = await stores.store()
  await create(store, one, 'first')
  await create(store, two, 'second')
  await create(store, three, 'third')
  const dir = await backupOf(store)
  await store.close()
  return { root: store.root, dir }
}

describe('a restore into an empty root', () => {
  it('has to be told who is dead', async () => {
    const { dir } = await backedUp()
    const root = await freshRoot()
    expect((await errorOf(() => restoreBackup(dir, root))).code).toBe('TOMBSTONES_REQUIRED')
    expect(await exists(root)).toBe(false)
    const missing = { tombstones: path.join(dir, 'not there') }
    expect((await errorOf(() => restoreBackup(dir, root, missing))).code).toBe('ARGUMENT_INVALID')
    const other = { tombstones: path.join(dir, 'manifest.json') }
    expect((await errorOf(() => restoreBackup(dir, root, other))).code).toBe('TOMBSTONES_DAMAGED')
    expect(await exists(root)).toBe(false)
  })

  it('keeps the dead dead: those of the backup, and those of the file', async () => {
    const store = await stores.store()
    await create(store, one, 'died before the backup')
    await create(store, two, 'died after the backup')
    await create(store, three, 'lives')
    const before = (await store.deleteThread(one)).receipt!
    const dir = await backupOf(store)
    await store.deleteThread(two)
    const root = await freshRoot()
    const report = await restoreBackup(dir, root, { tombstones: tombstonesOf(store) }, quietOptions)
    expect(report.restored).toEqual([three])
    expect(report.skipped).toEqual([{ threadId: two, reason: 'deleted' }])
    expect(await filesHolding(root, 'died after the backup')).toEqual([])
    const restored = await stores.open(root)
    for (const dead of [one, two]) {
      expect((await errorOf(() => restored.readThread(dead))).code).toBe('THREAD_DELETED')
      expect((await restored.deleteThread(dead)).state).toBe('deleted')
    }
    expect(await restored.readReceipt(before.receiptId)).toEqual(before)
    expect((await restored.verify()).problems).toEqual([])
    expect((await restored.importRollouts([dir])).imported).toEqual([])
  })

  it('gives a fork the lines of a base that died after the backup, and then the base goes', async () => {
    const store = await stores.store()
    await create(store, one, 'quite a secret of the base')
    await store.forkThread(one, { newThreadId: two })
    await store.appendItems(two, [textItem('of the fork')])
    await store.forkThread(two, { newThreadId: three })
    await store.appendItems(three, [textItem('of its fork')])
    await store.appendItems(one, [textItem('only of the base')])
    const dir = await backupOf(store)
    await store.deleteThread(one, { forks: 'detach' })
    await store.deleteThread(two, { forks: 'detach' })
    const texts = await textsOf(store, three)
    expect(texts).toEqual(['quite a secret of the base', 'of the fork', 'of its fork'])
    const root = await freshRoot()
    const report = await restoreBackup(dir, root, { tombstones: tombstonesOf(store) }, quietOptions)
    expect(report.restored).toEqual([three])
    const restored = await stores.open(root)
    expect(await textsOf(restored, three)).toEqual(texts)
    for (const dead of [one, two]) {
      expect((await errorOf(() => restored.readThread(dead))).code).toBe('THREAD_DELETED')
      expect((await restored.status(dead)).state).toBe('deleted')
    }
    expect(await filesHolding(root, 'only of the base')).toEqual([])
    expect((await restored.verify()).problems).toEqual([])
  })

  it('goes on with the event log in a new epoch, and old heads and receipts still verify', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    await store.renameThread(one, 'another name')
    const dir = await backupOf(store)
    const head = await store.logHead()
    const events: unknown[] = []
    for await (const event of store.events()) events.push(event)
    const root = await freshRoot()
    await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
    const restored = await stores.open(root)
    const restoredEvents: unknown[] = []
    for await (const event of restored.events()) restoredEvents.push(event)
    expect(restoredEvents.slice(0, events.length)).toEqual(events)
    expect(restoredEvents.slice(events.length)).toEqual([
      expect.objectContaining({ type: 'store.restored', threadId: null }),
    ])
    const now = await restored.logHead()
    expect(now.epoch).toBe(head.epoch + 1)
    expect(now.storeId).toBe(head.storeId)
    expect(restored.publicKey).not.toBe(store.publicKey)
    expect(await restored.listBackups()).toEqual([expect.objectContaining({ state: 'complete' })])
  })

  it('keeps idempotency keys, archive times, compressed rollouts and spawned threads', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    const options = { idempotencyKey: 'key' }
    const result = await store.appendItems(one, [textItem('once')], options)
    await store.createThread({ threadId: two, parentThreadId: one })
    await create(store, three, 'packed')
    await store.archiveThreads([three])
    await store.close()
    const file = await rolloutOf(store.root, three)
    await pack(file)
    await rm(path.join(store.root, '.cenotaph', 'level'), { recursive: true })
    await repairStore(store.root, quietOptions)
    const again = await stores.open(store.root)
    await again.appendItems(one, [textItem('twice')], options)
    const before = await again.readThread(three)
    const dir = await backupOf(again)
    const root = await freshRoot()
    await restoreBackup(dir, root, { tombstones: tombstonesOf(again) }, quietOptions)
    const restored = await stores.open(root)
    expect(await restored.appendItems(one, [textItem('twice')], options)).not.toEqual(result)
    expect(await textsOf(restored, one)).toEqual(['first', 'once', 'twice'])
    expect(await restored.readThread(three)).toEqual(before)
    expect((await rolloutOf(root, three)).endsWith('.zst')).toBe(true)
    expect(await textsOf(restored, three)).toEqual(['packed'])
    expect((await restored.readThread(two))!.parentThreadId).toBe(one)
    expect((await restored.verify()).problems).toEqual([])
  })

  it('refuses a folder with something in it, and changes nothing there', async () => {
    const { dir } = await backedUp()
    const root = await freshRoot()
    await mkdir(root)
    await writeFile(path.join(root, 'mine'), 'mine')
    const error = await errorOf(() => restoreBackup(dir, root, { tombstones: 'none' }))
    expect(error.code).toBe('ARGUMENT_INVALID')
    expect(await filesUnder(root)).toEqual(['mine'])
  })

  it('one of two into one root at the same time comes back, and it is whole', async () => {
    const { dir } = await backedUp()
    const root = await freshRoot()
    const run = () => restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
    const results = await Promise.allSettled([run(), run()])
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true)
    const restored = await stores.open(root)
    expect(Object.keys(await factsOf(restored))).toEqual([one, two, three])
    expect((await restored.verify()).problems).toEqual([])
  })

  it('leaves an empty root, or one that nobody opens, whichever call of the disk fails', async () => {
    const { dir } = await backedUp()
    const parent = await stores.folder()
    let failed = 0
    let markers = 0
    // Every other call: the ones between are of the same kinds.
    for (let index = 0; index < 400; index += 2) {
      const root = path.join(parent, `root-${index}`)
      const { disk, hit } = failNth(index, { calls: effects, errno: 'EIO', when: 'before' })
      const options = { ...quietOptions, disk }
      const outcome = await restoreBackup(dir, root, { tombstones: 'none' }, options).then(
        () => undefined,
        (error: { code: string }) => error,
      )
      if (!hit()) {
        expect(outcome).toBeUndefined()
        break
      }
      if (outcome) failed += 1
      const left = (await exists(root)) ? await filesUnder(root) : []
      if (left.includes('.cenotaph/restoring.json')) {
        markers += 1
        expect((await errorOf(() => openThreadStore(root))).code).toBe('RESTORE_UNFINISHED')
        expect((await errorOf(() => repairStore(root))).code).toBe('RESTORE_UNFINISHED')
      }
      if (left.length > 0 && !left.includes('.cenotaph/restoring.json')) {
        const store = await stores.open(root)
        expect(Object.keys(await factsOf(store))).toEqual([one, two, three])
        await store.close()
      } else {
        await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
        const store = await stores.open(root)
        expect(Object.keys(await factsOf(store))).toEqual([one, two, three])
        await store.close()
      }
    }
    expect(failed).toBeGreaterThan(15)
    expect(markers).toBeLessThan(failed)
  }, 120_000)
})

describe('a restore into a store', () => {
  it('brings back what is missing, as it was, and leaves the rest', async () => {
    const { root, dir } = await backedUp()
    // What a repair without its rollout leaves: the store lives on without the thread.
    await rm(await rolloutOf(root, two))
    await rm(path.join(root, '.cenotaph', 'level'), { recursive: true })
    await repairStore(root, quietOptions)
    const store = await stores.open(root)
    await store.appendItems(one, [textItem('later')])
    await store.deleteThread(three)
    await store.close()
    const report = await restoreBackup(dir, root, {}, quietOptions)
    expect(report).toMatchObject({ into: 'store', threads: 1, restored: [two], extended: [] })
    expect([...report.skipped].sort((a, b) => (a.threadId < b.threadId ? -1 : 1))).toEqual([
      { threadId: one, reason: 'present' },
      { threadId: three, reason: 'deleted' },
    ])
    const again = await stores.open(root)
    expect(await factsOf(again)).toMatchObject({
      [one]: { texts: ['first', 'later'] },
      [two]: { name: 'name of second', texts: ['second'] },
    })
    expect((await again.verify()).problems.filter((p) => p.code !== 'LEVEL_SET_ASIDE')).toEqual([])
    await again.close()
    const repeat = await restoreBackup(dir, root, {}, quietOptions)
    expect(repeat.restored).toEqual([])
  })

  it('extends an exact prefix, and leaves what has diverged', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    await store.close()
    const early = path.join(await stores.folder(), 'early')
    await cp(store.root, early, { recursive: true })
    const other = path.join(await stores.folder(), 'other')
    await cp(store.root, other, { recursive: true })
    const again = await stores.open(store.root)
    await again.appendItems(one, [textItem('later')])
    const dir = await backupOf(again)
    const extended = await restoreBackup(dir, early, {}, quietOptions)
    expect(extended).toMatchObject({ restored: [], extended: [one], skipped: [] })
    expect(await textsOf(await stores.open(early), one)).toEqual(['first', 'later'])
    const differing = await stores.open(other)
    await differing.appendItems(one, [textItem('something else')])
    await differing.close()
    const diverged = await restoreBackup(dir, other, {}, quietOptions)
    expect(diverged.skipped).toEqual([{ threadId: one, reason: 'diverged' }])
    expect(await textsOf(await stores.open(other), one)).toEqual(['first', 'something else'])
  })

  it('of another history asks for tombstones, and honours them', async () => {
    const { dir, root: old } = await backedUp()
    const origin = await stores.open(old)
    await origin.deleteThread(two)
    await origin.close()
    const store = await stores.store()
    await create(store, four, 'its own')
    await store.close()
    const refused = await errorOf(() => restoreBackup(dir, store.root, {}, quietOptions))
    expect(refused.code).toBe('TOMBSTONES_REQUIRED')
    const options = { tombstones: tombstonesOf(origin) }
    const report = await restoreBackup(dir, store.root, options, quietOptions)
    expect(report.skipped).toEqual([{ threadId: two, reason: 'deleted' }])
    const again = await stores.open(store.root)
    expect(Object.keys(await factsOf(again))).toEqual([one, three, four])
    expect((await again.verify()).problems).toEqual([])
  })

  it('is refused while the store is open', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    const dir = await backupOf(store)
    expect((await errorOf(() => restoreBackup(dir, store.root))).code).toBe('STORE_LOCKED')
    expect(await textsOf(store, one)).toEqual(['first'])
  })
})

describe('a backup that is not whole', () => {
  it.each([
    ['without a manifest', async (dir: string) => rm(path.join(dir, 'manifest.json'))],
    ['with a file that is gone', async (dir: string) => rm(path.join(dir, 'tombstones'))],
    [
      'with a file that is shorter',
      async (dir: string) => truncate(path.join(dir, 'store.values'), 3),
    ],
    [
      'with a flipped byte in a rollout',
      async (dir: string) => {
        const file = await rolloutOf(dir, one)
        const bytes = await readFile(file)
        bytes[40]! ^= 1
        await writeFile(file, bytes)
      },
    ],
    [
      'with a changed manifest',
      async (dir: string) => {
        const file = path.join(dir, 'manifest.json')
        await writeFile(
          file,
          (await readFile(file, 'utf8')).replace('"threads": 3', '"threads": 2'),
        )
      },
    ],
    [
      'with an empty manifest',
      async (dir: string) => writeFile(path.join(dir, 'manifest.json'), ''),
    ],
    [
      'with null for a manifest',
      async (dir: string) => writeFile(path.join(dir, 'manifest.json'), 'null'),
    ],
  ])('%s is refused before anything changes', async (_, damage) => {
    const { root, dir } = await backedUp()
    await damage(dir)
    const verdict = await verifyBackup(dir)
    expect(verdict).toMatchObject({ ok: false, backupId: null })
    expect(verdict.problems.length).toBeGreaterThan(0)
    const before = await snapshotOf(root)
    const error = await errorOf(() => restoreBackup(dir, root, {}, quietOptions))
    expect(error.code).toBe('BACKUP_INVALID')
    expect(error.detail.problems).toEqual(verdict.problems)
    expect(await snapshotOf(root)).toEqual(before)
    const empty = await freshRoot()
    const into = await errorOf(() => restoreBackup(dir, empty, { tombstones: 'none' }))
    expect(into.code).toBe('BACKUP_INVALID')
    expect(await exists(empty)).toBe(false)
  })

  it('or is of another key than the pinned one, is refused', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    const dir = await backupOf(store)
    const other = await stores.store()
    expect(await verifyBackup(dir, { publicKey: store.publicKey })).toMatchObject({
      ok: true,
      trust: 'pinned',
      threads: 1,
    })
    const root = await freshRoot()
    const options = { tombstones: 'none', publicKey: other.publicKey }
    expect((await errorOf(() => restoreBackup(dir, root, options))).code).toBe('BACKUP_INVALID')
    expect(await exists(root)).toBe(false)
  })

  it('what lies beside the files of the manifest is not restored', async () => {
    const { root, dir } = await backedUp()
    const file = await rolloutOf(dir, one)
    const planted = path.join(path.dirname(file), path.basename(file).replace(one, four))
    await writeFile(planted, (await readFile(file, 'utf8')).replaceAll(one, four))
    const store = await stores.open(root)
    await store.close()
    expect((await restoreBackup(dir, root, {}, quietOptions)).restored).toEqual([])
    const empty = await freshRoot()
    const report = await restoreBackup(dir, empty, { tombstones: 'none' }, quietOptions)
    expect(report.restored).not.toContain(four)
    expect((await filesUnder(empty)).filter((name) => name.includes(four))).toEqual([])
  })

  it('bad arguments are refused by name', async () => {
    const { root, dir } = await backedUp()
    const calls = [
      () => restoreBackup(3 as never, root),
      () => restoreBackup(dir, '' as never),
      () => restoreBackup(dir, root, 7 as never),
      () => restoreBackup(dir, root, { tombstones: 7 as never }),
      () => restoreBackup(dir, root, { publicKey: 7 as never }),
      () => restoreBackup(dir, root, {}, { persistence: 'none' }),
      () => verifyBackup(undefined as never),
    ]
    for (const call of calls) expect((await errorOf(call)).code).toBe('ARGUMENT_INVALID')
    expect((await errorOf(() => restoreBackup(path.join(dir, 'nowhere'), root))).code).toBe(
      'BACKUP_INVALID',
    )
  })

  it('a look that fails on the way is an error and changes nothing', async () => {
    const { root, dir } = await backedUp()
    const before = await snapshotOf(root)
    for (let index = 0; index < 12; index += 3) {
      const { disk } = failNth(index, { calls: looks, errno: 'EIO', when: 'before' })
      await expect(restoreBackup(dir, root, {}, { ...quietOptions, disk })).rejects.toThrow()
    }
    expect(await snapshotOf(root)).toEqual(before)
  })
})

/** Makes a rollout `.zst`, as a store may have one from an import. */
async function pack(file: string): Promise<void> {
  const bytes = await readFile(file)
  const pieces: Uint8Array[] = []
  await encodeSeekable(memorySource(bytes), async (piece) => {
    pieces.push(Buffer.from(piece))
  })
  await writeFile(`${file}.zst`, Buffer.concat(pieces), { mode: 0o600 })
  await rm(file)
}
