// Backups: what is in them, what is not, what a store remembers of them, and what a failing disk leaves.

import { mkdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { restoreBackup, type ThreadStore } from '@cenotaph/core'
import { nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { effects, failFrom, failNth } from '../support-fixtures/faulty-disk.fixture.js'
import { exists, filesHolding, filesUnder, rolloutOf } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { quietOptions, scratch } from '../support-fixtures/scratch.fixture.js'
import { errorOf, factsOf, textItem, textsOf } from '../support-fixtures/store-state.fixture.js'

const stores = scratch()
const [one, two, three, four] = [1, 2, 3, 4].map(threadIdOf) as [string, string, string, string]

async function target(): Promise<string> {
  return path.join(await stores.folder(), 'copy')
}

async function create(store: ThreadStore, threadId: string, text: string): Promise<void> {
  await store.createThread({ threadId, name: `name of ${text}`, cwd: `/home/${text}` })
  await store.appendItems(threadId, [textItem(text)])
}

/** Runs `act` at the first time that a named instant is reached. */
function once(point: string, act: () => Promise<void>) {
  let done = false
  return {
    crashPoint: async (name: string) => {
      if (name !== point || done) return
      done = true
      await act()
    },
    happened: () => done,
  }
}

describe('a backup', () => {
  it('holds every thread as it is, private, and brings it back into an empty root', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    await create(store, two, 'second')
    await store.archiveThreads([two])
    await store.forkThread(one, { newThreadId: three })
    await store.appendItems(three, [textItem('of the fork')])
    const facts = await factsOf(store)
    const dir = await target()
    const made = await store.backup(dir)
    expect(made).toMatchObject({ path: dir, threads: 3, problems: [] })
    const names = await filesUnder(dir)
    expect(names).toContain('manifest.json')
    expect(names).not.toContain('unfinished.json')
    for (const name of names) {
      expect((await stat(path.join(dir, name))).mode & 0o777, name).toBe(0o600)
    }
    expect((await stat(path.join(dir, 'sessions'))).mode & 0o777).toBe(0o700)
    expect(await filesHolding(dir, 'PRIVATE KEY')).toEqual([])
    await store.close()

    const root = path.join(await stores.folder(), 'restored')
    const report = await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
    expect([...report.restored].sort()).toEqual([one, two, three])
    expect(report).toMatchObject({ threads: 3, skipped: [], into: 'empty-root', trust: 'embedded' })
    const restored = await stores.open(root)
    expect(await factsOf(restored)).toEqual(facts)
    expect(await restored.verify()).toMatchObject({ ok: true, problems: [] })
    await restored.appendItems(three, [textItem('later')])
    expect(await textsOf(restored, three)).toEqual(['first', 'of the fork', 'later'])
  })

  it('goes on while writers write, and is a prefix of what they wrote', async () => {
    let store: ThreadStore | undefined
    let more = 0
    const write = once('backup.begin:after', async () => {
      for (; more < 20; more += 1) await store!.appendItems(one, [textItem(`more ${more}`)])
    })
    store = await stores.store({ crashPoint: write.crashPoint })
    await create(store, one, 'first')
    const dir = await target()
    const copying = store.backup(dir)
    const appending = Promise.all(
      Array.from({ length: 30 }, (_, n) => store!.appendItems(one, [textItem(`beside ${n}`)])),
    )
    await copying
    await appending
    const written = await textsOf(store, one)
    expect(written).toHaveLength(51)
    const root = path.join(await stores.folder(), 'restored')
    await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
    const restored = await stores.open(root)
    const kept = await textsOf(restored, one)
    expect(kept.length).toBeGreaterThanOrEqual(21)
    expect(written.slice(0, kept.length)).toEqual(kept)
    expect((await restored.verify()).problems).toEqual([])
  })

  it.each(['backup.begin:after', 'backup.thread:after', 'backup.copy:after'])(
    'loses what is deleted at %s before it is signed, and the delete finishes meanwhile',
    async (point) => {
      let store: ThreadStore | undefined
      let state: string | undefined
      const act = once(point, async () => {
        state = (await store!.deleteThread(one)).state
      })
      store = await stores.store({ crashPoint: act.crashPoint })
      await create(store, one, 'quite a secret canary')
      await create(store, two, 'something to keep')
      const dir = await target()
      const made = await store.backup(dir)
      expect(state).toBe('deleted')
      expect(made.threads).toBe(1)
      expect(await filesHolding(dir, 'quite a secret canary')).toEqual([])
      expect((await filesUnder(dir)).filter((name) => name.includes(one))).toEqual([])
      const root = path.join(await stores.folder(), 'restored')
      await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
      const restored = await stores.open(root)
      expect((await errorOf(() => restored.readThread(one))).code).toBe('THREAD_DELETED')
      expect(await textsOf(restored, two)).toEqual(['something to keep'])
      expect((await restored.verify()).problems).toEqual([])
    },
  )

  it('holds who dies behind the seal, and the receipt names the backup', async () => {
    let store: ThreadStore | undefined
    let outOfReach: readonly string[] = []
    const act = once('backup.seal:after', async () => {
      outOfReach = (await store!.deleteThread(one)).receipt!.outOfReach
    })
    store = await stores.store({ crashPoint: act.crashPoint })
    await create(store, one, 'quite a secret canary')
    const dir = await target()
    const { backupId } = await store.backup(dir)
    expect(outOfReach.filter((line) => line.includes(backupId))).toHaveLength(1)
    expect(await filesHolding(dir, 'quite a secret canary')).not.toEqual([])
  })

  it('copies again what moved meanwhile: archived, unarchived', async () => {
    let store: ThreadStore | undefined
    const act = once('backup.copy:after', async () => {
      await store!.archiveThreads([one])
    })
    store = await stores.store({ crashPoint: act.crashPoint })
    await create(store, one, 'first')
    const dir = await target()
    await store.backup(dir)
    expect((await filesUnder(dir)).filter((name) => name.includes('.jsonl'))).toEqual([
      expect.stringMatching(/^archived_sessions\//),
    ])
  })

  it('takes a base along that came behind the pass, under a fork in front of it', async () => {
    let store: ThreadStore | undefined
    const act = once('backup.thread:after', async () => {
      await create(store!, one, 'came late')
      await store!.forkThread(one, { newThreadId: three })
    })
    store = await stores.store({ crashPoint: act.crashPoint })
    await create(store, two, 'second')
    await create(store, four, 'fourth')
    const dir = await target()
    expect(await store.backup(dir)).toMatchObject({ threads: 4, problems: [] })
    const root = path.join(await stores.folder(), 'restored')
    await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
    const restored = await stores.open(root)
    expect(await textsOf(restored, three)).toEqual(['came late'])
    expect((await restored.verify()).problems).toEqual([])
  })

  it('misses no thread that is unarchived, archived or renamed while it runs', async () => {
    let store: ThreadStore | undefined
    const act = once('backup.thread:after', async () => {
      await store!.unarchiveThreads([three])
      await store!.archiveThreads([two])
      await store!.renameThread(one, 'renamed')
    })
    store = await stores.store({ crashPoint: act.crashPoint })
    for (const id of [one, two, three]) await create(store, id, `text of ${id}`)
    await store.archiveThreads([three])
    const dir = await target()
    expect(await store.backup(dir)).toMatchObject({ threads: 3, problems: [] })
    const root = path.join(await stores.folder(), 'restored')
    await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
    const facts = await factsOf(await stores.open(root))
    expect(Object.entries(facts).map(([id, { archived }]) => [id, archived])).toEqual([
      [one, false],
      [two, true],
      [three, false],
    ])
  })

  it('comes to an end while threads are created all the time', async () => {
    let store: ThreadStore | undefined
    let more = 10
    store = await stores.store({
      crashPoint: async (name) => {
        if (name !== 'backup.thread:after' || more > 200) return
        more += 1
        await create(store!, threadIdOf(more), `text ${more}`)
      },
    })
    for (const id of [one, two, three]) await create(store, id, `text of ${id}`)
    expect((await store.backup(await target())).threads).toBe(3)
    expect(more).toBe(13)
  })

  it('tells of a rollout that is shorter than what was committed, and copies the others', async () => {
    const store = await stores.store()
    await create(store, one, 'cut')
    await create(store, two, 'whole')
    await truncate(await rolloutOf(store.root, one), 20)
    const dir = await target()
    const { threads, problems } = await store.backup(dir)
    expect(threads).toBe(1)
    expect(problems).toEqual([expect.objectContaining({ code: 'ROLLOUT_SHORT', threadId: one })])
    expect((await filesUnder(dir)).filter((name) => name.includes(one))).toEqual([])
  })

  it('refuses a target that is taken, and one inside of the store', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    const dir = await target()
    await mkdir(dir)
    await writeFile(path.join(dir, 'mine'), 'mine')
    expect((await errorOf(() => store.backup(dir))).code).toBe('BACKUP_TARGET_EXISTS')
    expect((await errorOf(() => store.backup(path.join(dir, 'mine')))).code).toBe(
      'BACKUP_TARGET_EXISTS',
    )
    expect(await filesUnder(dir)).toEqual(['mine'])
    for (const inside of [store.root, path.join(store.root, 'a', 'b'), `${store.root}/.cenotaph`]) {
      expect((await errorOf(() => store.backup(inside))).code).toBe('ARGUMENT_INVALID')
    }
    const link = path.join(dir, '..', 'link')
    await symlink(store.root, link)
    expect((await errorOf(() => store.backup(path.join(link, 'copy')))).code).toBe(
      'ARGUMENT_INVALID',
    )
    for (const bad of ['', 7, null, undefined, {}]) {
      expect((await errorOf(() => store.backup(bad as string))).code).toBe('ARGUMENT_INVALID')
    }
    expect((await errorOf(() => store.backup(dir, 1 as never))).code).toBe('ARGUMENT_INVALID')
    expect(await store.listBackups()).toEqual([])
    const empty = path.join(dir, 'empty')
    await mkdir(empty)
    expect((await store.backup(empty)).threads).toBe(1)
  })

  it('one of two into one folder at the same time is made', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    const dir = await target()
    const results = await Promise.allSettled([store.backup(dir), store.backup(dir)])
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect(await store.listBackups()).toHaveLength(1)
    expect(await exists(path.join(dir, 'manifest.json'))).toBe(true)
  })

  it('stops when it is told to, and when the store is closed, and leaves nothing', async () => {
    const abort = new AbortController()
    const act = once('backup.thread:after', async () => abort.abort())
    const store = await stores.store({ crashPoint: act.crashPoint })
    await create(store, one, 'first')
    await create(store, two, 'second')
    const dir = await target()
    await expect(store.backup(dir, { signal: abort.signal })).rejects.toThrow()
    expect(await exists(dir)).toBe(false)
    expect(await store.listBackups()).toEqual([])
    const closing = store.backup(dir).catch((error: { code?: string }) => error.code)
    await store.close()
    const outcome = await closing
    expect(outcome === 'STORE_CLOSED' || (await exists(path.join(dir, 'manifest.json')))).toBe(true)
  })
})

describe('what a store remembers of its backups', () => {
  it('lists them over restarts, names them in receipts, and forgets them when told', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    const dir = await target()
    const { backupId, madeAt, bytes } = await store.backup(dir)
    const known = { backupId, path: dir, state: 'complete', madeAt, threads: 1, bytes }
    expect(await store.listBackups()).toEqual([expect.objectContaining(known)])
    await store.close()
    const again = await stores.open(store.root)
    expect(await again.listBackups()).toEqual([expect.objectContaining(known)])
    const { receipt } = await again.deleteThread(one)
    expect(receipt!.outOfReach).toContain(`backup ${backupId} of ${madeAt}`)
    expect(JSON.stringify(receipt)).not.toContain(dir)
    await again.forgetBackup(backupId)
    expect(await again.listBackups()).toEqual([])
    expect((await errorOf(() => again.forgetBackup(backupId))).code).toBe('BACKUP_NOT_FOUND')
    expect((await errorOf(() => again.forgetBackup(3 as never))).code).toBe('ARGUMENT_INVALID')
    await create(again, two, 'second')
    const later = await again.deleteThread(two)
    expect(JSON.stringify(later.receipt)).not.toContain(backupId)
  })

  it('a path of the deleted thread in the path of a backup is no residue', async () => {
    const store = await stores.store()
    const cwd = path.join(await stores.folder(), 'a-project-with-quite-a-long-name-of-its-own')
    await store.createThread({ threadId: one, cwd })
    await store.backup(path.join(cwd, 'backups', 'first'))
    const { state } = await store.deleteThread(one)
    expect(state).toBe('deleted')
  })
})

describe('a failing disk', () => {
  it('on the side of the copy leaves no backup and the store as it was, whichever call fails', async () => {
    const parent = await stores.folder()
    let calls = 0
    for (let index = 0; ; index += 1) {
      const dir = path.join(parent, `copy-${index}`)
      const inner = failNth(index, { calls: effects, errno: 'EIO', when: 'before' })
      // Only what concerns the copy fails.
      const root = path.join(parent, `store-${index}`)
      const disk = onlyUnder(dir, inner.disk)
      const store = await stores.open(root, { disk })
      await create(store, one, 'first')
      const error = await store.backup(dir).then(
        () => undefined,
        (failure: { code: string }) => failure,
      )
      calls += 1
      if (!inner.hit()) {
        expect(error).toBeUndefined()
        await store.close()
        break
      }
      if (error) expect(error.code).toBe('DISK_ERROR')
      expect(error !== undefined || (await exists(path.join(dir, 'manifest.json')))).toBe(true)
      expect(store.failure).toBeUndefined()
      await store.appendItems(one, [textItem('still here')])
      expect(
        (await store.verify()).problems.filter((one) => one.code !== 'BACKUP_UNFINISHED'),
      ).toEqual([])
      if (error && !(await exists(dir))) expect(await store.listBackups()).toEqual([])
      await store.close()
    }
    expect(calls).toBeGreaterThan(15)
  })

  it('that is full leaves no backup; one that stays bad leaves no manifest, and the store knows it', async () => {
    const parent = await stores.folder()
    const dir = path.join(parent, 'copy')
    const full = failFrom(6, { calls: effects, errno: 'ENOSPC' })
    const store = await stores.open(path.join(parent, 'store'), { disk: onlyUnder(dir, full.disk) })
    await create(store, one, 'first')
    expect((await errorOf(() => store.backup(dir))).code).toBe('DISK_FULL')
    expect(await exists(path.join(dir, 'manifest.json'))).toBe(false)
    expect(await store.listBackups()).toEqual([
      expect.objectContaining({ path: dir, state: 'unfinished' }),
    ])
    const { receipt } = await store.deleteThread(one)
    expect(
      receipt!.outOfReach.filter((line) => line.includes('not known to be finished')),
    ).toHaveLength(1)
  })
})

/** The real disk, and another one for what lies under a folder. */
function onlyUnder(folder: string, other: typeof nodeDisk): typeof nodeDisk {
  return new Proxy(nodeDisk, {
    get(target, call: keyof typeof nodeDisk) {
      return (...args: [string, string]) => {
        const inside = args[0] === folder || String(args[0]).startsWith(`${folder}/`)
        const side = (inside ? other : target) as unknown as Record<
          string,
          (...given: string[]) => unknown
        >
        return side[call]!(...args)
      }
    },
  })
}

it('a manifest is one document with every file and its checksum', async () => {
  const store = await stores.store()
  await create(store, one, 'first')
  const dir = await target()
  await store.backup(dir)
  const manifest = JSON.parse(await readFile(path.join(dir, 'manifest.json'), 'utf8')) as {
    files: { path: string; bytes: number }[]
    bytes: number
    publicKey: string
  }
  const names = (await filesUnder(dir)).filter((name) => name !== 'manifest.json')
  expect(manifest.files.map((file) => file.path)).toEqual(names)
  expect(manifest.bytes).toBe(manifest.files.reduce((sum, file) => sum + file.bytes, 0))
  expect(manifest.publicKey).toBe(store.publicKey)
})
