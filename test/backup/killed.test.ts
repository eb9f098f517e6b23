// A process that is killed at every named instant of a backup and of a restore. A backup is whole or none, and the store
// knows it; a restored root is whole or is opened by nobody, and the next restore makes it whole.

import { spawn } from 'node:child_process'
import { cp } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  backupCrashPoints,
  openThreadStore,
  restoreBackup,
  restoreCrashPoints,
  type ThreadStore,
  verifyBackup,
} from '@cenotaph/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { exists, filesHolding } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { quietOptions, scratch } from '../support-fixtures/scratch.fixture.js'
import {
  errorOf,
  factsOf,
  type StoreFacts,
  textItem,
} from '../support-fixtures/store-state.fixture.js'

const stores = scratch({ per: 'file' })
const [one, two, three, four] = [1, 2, 3, 4].map(threadIdOf) as [string, string, string, string]
const script = fileURLToPath(new URL('./killed-child.mjs', import.meta.url))

let origin: string
let facts: StoreFacts

async function create(store: ThreadStore, threadId: string, text: string): Promise<void> {
  await store.createThread({ threadId, name: `name of ${text}` })
  await store.appendItems(threadId, [textItem(text)])
}

beforeAll(async () => {
  const store = await stores.store()
  for (const [id, text] of [
    [one, 'first'],
    [two, 'second'],
    [three, 'a dead canary'],
  ] as const) {
    await create(store, id, text)
  }
  await store.forkThread(one, { newThreadId: four })
  await store.archiveThreads([two])
  await store.deleteThread(three)
  facts = await factsOf(store)
  await store.close()
  origin = store.root
})

/** How the process ended, and what it passed. */
async function run(job: object): Promise<{ signal: string | null; output: string }> {
  const child = spawn(process.execPath, [script, JSON.stringify(job)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const signal = await new Promise<string | null>((resolve) => {
    child.once('close', (_code, name) => resolve(name))
  })
  return { signal, output }
}

async function copyOfOrigin(): Promise<string> {
  const root = path.join(await stores.folder(), 'store')
  await cp(origin, root, { recursive: true })
  return root
}

describe('a process that is killed', () => {
  const backups = [
    ...backupCrashPoints.map((kill) => ({ kill, hit: 1 })),
    { kill: 'backup.thread:after', hit: 2 },
    { kill: 'backup.thread:after', hit: 3 },
  ]
  it.each(backups)('in a backup at $kill, hit $hit', async ({ kill, hit }) => {
    const root = await copyOfOrigin()
    const dir = path.join(await stores.folder(), 'copy')
    const { signal, output } = await run({ verb: 'backup', root, dir, kill, hit })
    expect(signal, output).toBe('SIGKILL')
    const whole = (await verifyBackup(dir)).ok
    expect(whole).toBe(kill === 'backup.manifest:after')
    const store = await stores.open(root)
    expect(await factsOf(store)).toEqual(facts)
    const known = await store.listBackups()
    expect(known).toEqual([expect.objectContaining({ path: dir, state: 'unfinished' })])
    expect((await store.verify()).problems).toEqual([
      expect.objectContaining({ code: 'BACKUP_UNFINISHED' }),
    ])
    // Whoever dies now may be in what lies there, and the receipt says so.
    const { receipt } = await store.deleteThread(one, { forks: 'cascade' })
    expect(receipt!.outOfReach.some((line) => line.includes(known[0]!.backupId))).toBe(true)
    if (!whole) {
      const target = path.join(await stores.folder(), 'restored')
      const error = await errorOf(() => restoreBackup(dir, target, { tombstones: 'none' }))
      expect(error.code).toBe('BACKUP_INVALID')
    }
    const again = path.join(await stores.folder(), 'copy')
    expect((await store.backup(again)).threads).toBe(1)
    await store.close()
  })

  const restores = [
    ...restoreCrashPoints.map((kill) => ({ kill, hit: 1 })),
    { kill: 'restore.thread:after', hit: 2 },
  ]
  it.each(restores)('in a restore into an empty root at $kill, hit $hit', async ({ kill, hit }) => {
    const source = await stores.open(await copyOfOrigin())
    const dir = path.join(await stores.folder(), 'copy')
    await source.backup(dir)
    await source.close()
    const root = path.join(await stores.folder(), 'restored')
    const { signal, output } = await run({
      verb: 'restore',
      root,
      dir,
      tombstones: 'none',
      kill,
      hit,
    })
    expect(signal, output).toBe('SIGKILL')
    expect((await errorOf(() => openThreadStore(root, quietOptions))).code).toBe(
      'RESTORE_UNFINISHED',
    )
    expect((await errorOf(() => restoreBackup(dir, root))).code).toBe('TOMBSTONES_REQUIRED')
    await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
    const store = await stores.open(root)
    expect(await factsOf(store)).toEqual(facts)
    expect((await store.verify()).problems).toEqual([])
    expect(await filesHolding(root, 'a dead canary')).toEqual([])
    expect(await exists(path.join(root, '.cenotaph', 'restoring.json'))).toBe(false)
    await store.close()
  })

  it('in a restore into a store, at any instant of its imports, and the next one goes on', async () => {
    const source = await stores.open(await copyOfOrigin())
    const dir = path.join(await stores.folder(), 'copy')
    await source.backup(dir)
    await source.close()
    const fresh = path.join(await stores.folder(), 'other')
    const other = await stores.open(fresh)
    await other.close()
    const job = { verb: 'restore', dir, tombstones: 'none' }
    const dry = path.join(await stores.folder(), 'dry')
    await cp(fresh, dry, { recursive: true })
    const { output } = await run({ ...job, root: dry })
    const points = output.match(/(?<=POINT )import\.\S+/g) ?? []
    const kinds = new Set(points)
    expect(kinds.size).toBe(6)
    // In the second import: one thread is back, the others are not.
    const hit = 2
    for (const kill of kinds) {
      const root = path.join(await stores.folder(), 'store')
      await cp(fresh, root, { recursive: true })
      expect((await run({ ...job, root, kill, hit })).signal).toBe('SIGKILL')
      const half = await stores.open(root)
      expect(facts).toMatchObject(await factsOf(half))
      await half.close()
      await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
      const store = await stores.open(root)
      expect(await factsOf(store)).toEqual(facts)
      expect((await store.verify()).problems).toEqual([])
      await store.close()
    }
  }, 120_000)
})
