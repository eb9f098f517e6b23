// A whole life of threads in memory, every verb of it, and not a byte on the disk: the directory of a store is the same
// before and after, down to the times of its files, and a store with `persistence: 'none'` makes nothing at all.

import { existsSync } from 'node:fs'
import fs from 'node:fs/promises'
import path from 'node:path'
import { type Disk, nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { message, textsOf, withRoot, withStore } from '../store.fixture.js'
import { openThreadStore, ThreadStore } from '../store.js'
import { byThread, byThreads, overridden } from './routes.js'

const secret = 'what nobody may ever find on this disk 4f1c9a'

/** Every file and folder with its bytes and times. LOCK is LevelDB's, and is never opened. */
async function surveyOf(root: string): Promise<Record<string, string>> {
  const survey: Record<string, string> = {}
  for (const entry of await fs.readdir(root, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    const { mtimeMs, ctimeMs, size, ino, nlink } = await fs.stat(file)
    const readable = entry.isFile() && entry.name !== 'LOCK'
    const bytes = readable ? (await fs.readFile(file)).toString('latin1') : ''
    survey[path.relative(root, file)] = `${[mtimeMs, ctimeMs, size, ino, nlink].join(' ')} ${bytes}`
  }
  return survey
}

/** A real disk that remembers which of its calls were made. */
function watched(): { disk: Disk; calls: string[] } {
  const calls: string[] = []
  const disk = Object.fromEntries(
    Object.entries(nodeDisk).map(([name, call]) => [
      name,
      (...args: unknown[]) => {
        calls.push(`${name} ${String(args[0])}`)
        return (call as (...given: unknown[]) => unknown)(...args)
      },
    ]),
  ) as unknown as Disk
  return { disk, calls }
}

/** Remembers which verbs were called on a store. */
function noteVerbs(store: ThreadStore): Set<string> {
  const called = new Set<string>()
  for (const verb of [...byThread, ...byThreads, ...overridden]) {
    const run = (store as unknown as Record<string, unknown>)[verb]
    if (typeof run !== 'function') continue
    Object.defineProperty(store, verb, {
      configurable: true,
      value: (...args: unknown[]) => {
        called.add(verb)
        return run.apply(store, args)
      },
    })
  }
  return called
}

type Loose = Record<string, (...args: unknown[]) => Promise<unknown>>

/** Everything that can be done with threads, done with threads in memory. */
async function liveAndDie(store: ThreadStore): Promise<void> {
  const loose = store as unknown as Loose
  const id = await store.createThread({ ephemeral: true, name: secret, cwd: `/${secret}` })
  await store.appendItems(id, [message(secret), message('two')], { idempotencyKey: secret })
  await store.appendItems(id, [message('x'.repeat(400_000))])
  await store.appendItems(id, [message('later')], { durability: 'buffered' })
  await store.flush(id)
  await store.flush()
  const child = await store.createThread({ parentThreadId: id })
  const { threadId: fork } = await store.forkThread(id, { name: secret })
  const { threadId: copy } = await store.forkThread(id, { copy: true })
  const { recorder } = await store.resumeThread(fork)
  await recorder.add(message(secret))
  await recorder.shutdown()
  const tape = store.recorder({ create: { ephemeral: true, name: secret } })
  await tape.add(message(secret))
  const taped = await tape.persist()
  await tape.shutdown()
  await store.renameThread(id, `${secret} again`)
  await store.archiveThreads([id])
  await store.unarchiveThreads([id, child])
  await store.holdThread(id, secret)
  expect(await store.listHolds()).toHaveLength(1)
  await store.unholdThread(id)
  expect((await store.compressThreads([id])).skipped).toHaveLength(1)
  await store.pinThread(id)
  await store.unpinThread(id)
  expect(await textsOf(store, fork)).toHaveLength(5)
  await store.listTurns(id)
  await store.readThread(id)
  expect((await store.listThreads()).threads.length).toBeGreaterThan(3)
  expect((await store.searchThreads(secret)).hits.length).toBeGreaterThan(0)
  expect(await store.resolveThread(`${secret} again`)).toBe(id)
  await store.status(id)
  if ('attachments' in loose) {
    const attachments = (store as unknown as { attachments(id: string): Loose }).attachments(id)
    await attachments.put!(secret, secret, Buffer.from(secret))
    await attachments.get!(secret, secret)
    await attachments.delete!(secret, secret)
  }
  if ('redactItems' in loose)
    await loose.redactItems!(copy, [{ from: 1, to: 1 }], 'pasted by mistake')
  if ('restoreThreads' in loose) {
    await store.deleteThread(taped, { in: '30d' } as object)
    await loose.restoreThreads!([taped])
    await loose.sweep!()
  }
  await store.checkpoint()
  const { receipt } = await store.deleteThreads([id, copy], { forks: 'detach' })
  expect(await store.readReceipt(receipt!.receiptId)).toEqual(receipt)
  expect(await store.listReceipts()).not.toHaveLength(0)
  await store.retry(id)
  await store.deleteThreads([fork, taped])
}

/** Those that this program need not call: they write where they are told, or end the store. */
const apart = [
  'exportThreads',
  'close',
  'reopen',
  'failure',
  'checkpoint',
  'sweep',
  'registerParticipant',
  'forgetParticipant',
]

describe('a life in memory', () => {
  it('leaves the directory of its store as it was, byte for byte', () =>
    withRoot(async (root) => {
      const { disk, calls } = watched()
      const store = await openThreadStore(root, { ballastBytes: 4096, quietMs: 3_600_000, disk })
      const kept = await store.createThread({ name: 'kept' })
      await store.appendItems(kept, [message('kept')])
      await store.checkpoint()
      const before = await surveyOf(root)
      expect(Object.keys(before).length).toBeGreaterThan(10)
      calls.length = 0
      const called = noteVerbs(store)
      // These two are about the store on disk as well, and write there what is its own.
      for (const verb of ['checkpoint', 'sweep'])
        Object.defineProperty(store, verb, { value: async () => {} })
      await liveAndDie(store)
      expect(await surveyOf(root)).toEqual(before)
      expect(calls.filter((call) => !/^(openRead|list|stat) /.test(call))).toEqual([])
      const verbs = [...byThread, ...byThreads, ...overridden].filter(
        (verb) => verb in ThreadStore.prototype && !apart.includes(verb),
      )
      expect(verbs.filter((verb) => !called.has(verb))).toEqual([])
      await store.close()
      for (const content of Object.values(await surveyOf(root)))
        expect(content.includes(secret)).toBe(false)
    }))

  it('makes nothing at all where the whole store is in memory', () =>
    withRoot(async (root) => {
      const { disk, calls } = watched()
      const options = { persistence: 'none', quietMs: 3_600_000, disk } as const
      const store = await openThreadStore(root, options)
      await liveAndDie(store)
      await store.reopen()
      expect((await store.verify()).problems).toEqual([])
      await store.close()
      expect(existsSync(root)).toBe(false)
      expect(calls).toEqual([])
    }))

  it('ends at close, where the memory is overwritten', () =>
    withRoot(async (root) => {
      const store = await openThreadStore(root, { persistence: 'none' })
      const id = await store.createThread({ name: secret })
      await store.close()
      await expect(store.readThread(id)).rejects.toMatchObject({ code: 'STORE_CLOSED' })
      const again = await openThreadStore(root, { persistence: 'none' })
      expect(await again.readThread(id)).toBeUndefined()
      await again.close()
    }))
})

describe('what leaves memory', () => {
  it('is what is exported, and only where it is told', () =>
    withStore(async (store, root) => {
      const kept = await store.createThread()
      const id = await store.createThread({ ephemeral: true })
      await store.appendItems(id, [message(secret)])
      const to = path.join(path.dirname(root), 'export')
      const exported = await store.exportThreads([kept, id], { to })
      expect(exported.map(({ threadId }) => threadId)).toEqual([kept, id])
      expect(await fs.readFile(exported[1]!.path, 'utf8')).toContain(secret)
      await expect(store.exportThreads([id], { to: path.join(root, 'x') })).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
      })
      // It may come back as a thread on disk only once the one in memory is gone.
      const { skipped } = await store.importRollouts([exported[1]!.path])
      expect(skipped).toEqual([{ source: exported[1]!.path, reason: 'ephemeral' }])
    }))

  it('is in no backup of the store beside it', () =>
    withStore(async (store, root) => {
      const kept = await store.createThread({ name: 'kept' })
      const id = await store.createThread({ name: secret, ephemeral: true })
      await store.appendItems(id, [message(secret)])
      const target = path.join(path.dirname(root), 'backup')
      const { threads } = await store.backup(target)
      expect(threads).toBe(1)
      const contents = Object.values(await surveyOf(target))
      expect(contents.some((content) => content.includes(kept))).toBe(true)
      for (const hidden of [secret, id])
        expect(contents.filter((content) => content.includes(hidden))).toEqual([])
    }))

  it('is no backup of a store in memory', () =>
    withRoot(async (root) => {
      const store = await openThreadStore(root, { persistence: 'none' })
      await expect(store.backup(`${root}-backup`)).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
      })
      await store.close()
      expect(existsSync(`${root}-backup`)).toBe(false)
    }))
})
