import { copyFile, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { openThreadStore, type ThreadStore, type ThreadStoreOptions } from '@cenotaph/core'
import { encodeSeekable, memorySource } from '@cenotaph/rollout'
import { describe, expect, it } from 'vitest'
import { children, nextJson } from '../support-fixtures/child.fixture.js'
import { bytesOf, lineOf, writeRollout } from '../support-fixtures/codex-files.fixture.js'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import { exists, filesHolding, filesUnder, rolloutOf } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { kinds, quietOptions, scratch } from '../support-fixtures/scratch.fixture.js'
import {
  codeOf,
  errorOf,
  livingIds,
  textItem,
  textsOf,
} from '../support-fixtures/store-state.fixture.js'

const stores = scratch()
const child = children()
const [one, two, three] = [1, 2, 3].map(threadIdOf) as [string, string, string]

const rollouts = async (store: ThreadStore): Promise<string[]> =>
  (await filesUnder(store.root)).filter((name) => name.includes('.jsonl'))

async function withThread(
  id: string = one,
  options: ThreadStoreOptions = {},
): Promise<ThreadStore> {
  const store = await stores.store(options)
  await store.createThread({ threadId: id, name: 'name' })
  await store.appendItems(id, [textItem('text')])
  return store
}

describe('delete', () => {
  it('behaviour 1: removes the active file and its compressed sibling, and archived ones likewise', async () => {
    for (const archived of [false, true]) {
      const store = await withThread()
      if (archived) await store.archiveThreads([one])
      const file = await rolloutOf(store.root, one)
      await encodeSibling(file)
      expect(await rollouts(store)).toHaveLength(2)
      expect((await store.deleteThread(one)).state).toBe('deleted')
      expect(await rollouts(store)).toEqual([])
    }
  })

  it('behaviour 2: a file that vanished before the unlink counts as deleted', async () => {
    const store = await withThread()
    await rm(await rolloutOf(store.root, one))
    expect((await store.deleteThread(one)).state).toBe('deleted')
    expect((await store.verify()).problems).toEqual([])
  })

  it.each(kinds)(
    'behaviour 3: an unknown id is THREAD_NOT_FOUND; a deleted one answers with the same receipt, %s',
    async (_where, kept) => {
      const store = await withThread(one, kept)
      expect(await codeOf(() => store.deleteThread(two))).toBe('THREAD_NOT_FOUND')
      const first = await store.deleteThread(one)
      const second = await store.deleteThread(one)
      expect(second.receipt).toEqual(first.receipt)
      expect(second.alreadyDeleted).toEqual([
        { threadId: one, receiptId: first.receipt!.receiptId },
      ])
    },
  )

  it('behaviour 4: a thread that a fork refers to is THREAD_HAS_FORKS, its file intact', async () => {
    const store = await withThread()
    await store.forkThread(one, { newThreadId: two })
    const file = await rolloutOf(store.root, one)
    const bytes = await readFile(file)
    expect(await errorOf(() => store.deleteThread(one))).toMatchObject({
      code: 'THREAD_HAS_FORKS',
      outcome: 'absent',
      detail: { forks: [two] },
    })
    expect(await readFile(file)).toEqual(bytes)
  })

  it('behaviour 5: an unreadable header elsewhere does not block a deletion', async () => {
    const store = await withThread()
    await store.createThread({ threadId: two })
    await writeFile(await rolloutOf(store.root, two), '\0 no header')
    expect((await store.deleteThread(one)).state).toBe('deleted')
  })

  it('behaviour 6: a base and its forks are deleted in one set, references inside of it allowed', async () => {
    const store = await withThread()
    await store.forkThread(one, { newThreadId: two })
    const { receipt } = await store.deleteThreads([one, two])
    expect([...receipt!.threadIds].sort()).toEqual([one, two])
    expect(await rollouts(store)).toEqual([])
  })

  it.each(kinds)(
    'behaviour 7: all or nothing: one descendant that cannot go keeps the whole set, %s',
    async (_where, kept) => {
      const store = await withThread(one, kept)
      await store.createThread({ threadId: two, parentThreadId: one })
      await store.forkThread(two, { newThreadId: three })
      expect(await codeOf(() => store.deleteThread(one))).toBe('THREAD_HAS_FORKS')
      expect((await livingIds(store)).sort()).toEqual([one, two, three])
    },
  )

  it('behaviour 9: a rollout with unreadable metadata can still be deleted by id', async () => {
    const store = await withThread()
    await writeFile(await rolloutOf(store.root, one), 'garbage that is no line')
    await store.reopen()
    expect((await store.deleteThread(one)).state).toBe('deleted')
    expect(await rollouts(store)).toEqual([])
  })

  it('behaviour 10: the rows disappear with the thread, and so do its names and events', async () => {
    const store = await withThread()
    await store.renameThread(one, 'a name that was only here')
    await store.deleteThread(one)
    expect(await filesHolding(store.root, 'a name that was only here')).toEqual([])
    expect((await store.listThreads({ includeSubagents: true })).threads).toEqual([])
    const payloads: unknown[] = []
    for await (const { threadId, payload } of store.events())
      if (threadId === one) payloads.push(payload)
    expect(payloads.length).toBeGreaterThan(1)
    expect(payloads.every((payload) => payload === null)).toBe(true)
  })

  it('behaviour 12: a writer in another process is STORE_LOCKED; the delete succeeds after it ends', async () => {
    const store = await withThread()
    const { root } = store
    await store.close()
    const holder = child('./child-holds-store.mjs', [root])
    expect(await nextJson(holder)).toMatchObject({ open: true })
    expect(await codeOf(() => openThreadStore(root, quietOptions))).toBe('STORE_LOCKED')
    await holder.end()
    const again = await stores.open(root)
    expect((await again.deleteThread(one)).state).toBe('deleted')
  })

  it.each(kinds)(
    'behaviour 13: spawned descendants go along, and the receipt names parents before children, %s',
    async (_where, kept) => {
      const store = await withThread(one, kept)
      await store.createThread({ threadId: two, parentThreadId: one })
      await store.createThread({ threadId: three, parentThreadId: two })
      const { receipt } = await store.deleteThread(one)
      expect(receipt?.threadIds).toEqual([one, two, three])
      expect(await livingIds(store)).toEqual([])
    },
  )

  it('behaviour 14: a fork from outside, anywhere in the subtree, leaves everything intact', async () => {
    const store = await withThread()
    await store.createThread({ threadId: two, parentThreadId: one })
    await store.appendItems(two, [textItem('of the child')])
    await store.forkThread(two, { newThreadId: three })
    const files = await rollouts(store)
    expect(await errorOf(() => store.deleteThread(one))).toMatchObject({
      code: 'THREAD_HAS_FORKS',
      detail: { forks: [three] },
    })
    expect(await rollouts(store)).toEqual(files)
    expect(await textsOf(store, three)).toEqual(['of the child'])
  })

  it('behaviour 15: a live thread can be deleted, and its writer is told', async () => {
    const store = await stores.store()
    const recorder = store.recorder({ create: { threadId: one } })
    await recorder.persist()
    expect((await store.deleteThread(one)).state).toBe('deleted')
    expect(await codeOf(() => recorder.add(textItem('late')))).toBe('THREAD_DELETED')
    expect(await rollouts(store)).toEqual([])
  })

  it('behaviour 17: everything that the thread owned is cleaned up, proven by a scan', async () => {
    const store = await withThread()
    await store.appendItems(one, [textItem('k'.repeat(64))], {
      idempotencyKey: 'a key of the host',
    })
    await store.checkpoint()
    const { receipt } = await store.deleteThread(one)
    expect(receipt?.verification).toMatchObject({ mode: 'probes', residue: 0 })
    expect(await filesHolding(store.root, 'a key of the host')).toEqual([])
  })

  it('behaviour 18: if the clean-up fails, a retry finds the same set', async () => {
    const broken = failWhile((call, file) => call === 'unlink' && file.endsWith('.jsonl'))
    const store = await stores.store({ disk: broken.disk })
    await store.createThread({ threadId: one })
    await store.createThread({ threadId: two, parentThreadId: one })
    const first = await store.deleteThread(one)
    expect(first).toMatchObject({ state: 'erasing', threadIds: [one, two] })
    await store.reopen()
    expect(await store.deleteThread(one)).toMatchObject({ state: 'erasing', threadIds: [one, two] })
    broken.heal()
    const done = await store.retry(two)
    expect(done.receipt?.threadIds).toEqual([one, two])
  })
})

describe('compressed rollouts', () => {
  async function importedCompressed(tail: string | Uint8Array = ''): Promise<{
    store: ThreadStore
    bytes: Buffer
  }> {
    const home = await stores.folder()
    const rollout = {
      id: one,
      lines: [lineOf('response_item', textItem('in zstd').payload, 1)],
      tail,
    }
    const file = await writeRollout(home, rollout)
    await encodeSibling(file)
    await rm(file)
    const store = await stores.store()
    const { imported } = await store.importRollouts([home])
    expect(imported).toHaveLength(1)
    return { store, bytes: bytesOf(rollout) }
  }

  it('behaviour 39: are read like plain ones, invalid UTF-8 behind the header included', async () => {
    const { store } = await importedCompressed()
    expect(await textsOf(store, one)).toEqual(['in zstd'])
    const odd = Buffer.concat([
      Buffer.from('{"timestamp":"x","ordinal":2,"type":"own","payload":{"a":"'),
      Buffer.from([0xff]),
      Buffer.from('"}}\n'),
    ])
    const other = await importedCompressed(odd)
    expect(await textsOf(other.store, one)).toEqual(['in zstd'])
    expect((await other.store.readThread(one))?.nextOrdinal).toBe(3)
  })

  it('behaviour 40: are hidden where the plain form is there; names mean the plain form', async () => {
    const home = await stores.folder()
    const file = await writeRollout(home, {
      id: one,
      lines: [lineOf('response_item', textItem('plain').payload, 1)],
    })
    await encodeSibling(file)
    const store = await stores.store()
    const { imported } = await store.importRollouts([home])
    expect(imported).toHaveLength(1)
    expect((await store.readThread(one))?.compressed).toBe(false)
    expect(await rollouts(store)).toHaveLength(1)
  })

  it('behaviour 41: an append materialises the plain form and removes the compressed one', async () => {
    const { store, bytes } = await importedCompressed()
    expect((await store.readThread(one))?.compressed).toBe(true)
    await store.appendItems(one, [textItem('more')])
    const [file, ...others] = await rollouts(store)
    expect(others).toEqual([])
    expect(file).toMatch(/\.jsonl$/)
    const plain = await readFile(path.join(store.root, file!))
    expect(plain.subarray(0, bytes.length)).toEqual(bytes)
    expect(await textsOf(store, one)).toEqual(['in zstd', 'more'])
    expect((await store.verify()).problems).toEqual([])
  })

  it('behaviour 45: temporaries of a compressor are nobody’s rollout, and go with their thread', async () => {
    const store = await withThread()
    const file = await rolloutOf(store.root, one)
    const temporary = `${file}.decompress.12.0.tmp`
    await copyFile(file, temporary)
    expect((await store.listThreads()).threads).toHaveLength(1)
    expect((await store.verify()).problems.map(({ code }) => code)).toEqual(['TEMPORARY'])
    await store.deleteThread(one)
    expect(await exists(temporary)).toBe(false)
  })
})

async function encodeSibling(file: string): Promise<void> {
  const pieces: Uint8Array[] = []
  await encodeSeekable(memorySource(await readFile(file)), async (bytes) => {
    pieces.push(bytes)
  })
  await writeFile(`${file}.zst`, Buffer.concat(pieces))
}
