// Many callers at once. No acknowledged line is lost, every caller's lines keep their order, ordinals have no gap,
// and no race leaves a thread that should be dead, or an orphan of one that is.

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isStoreError, type ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { filesHolding, filesUnder } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { scratch } from '../support-fixtures/scratch.fixture.js'
import {
  codeOf,
  factsOf,
  livingIds,
  messageOf,
  textItem,
  textsOf,
} from '../support-fixtures/store-state.fixture.js'

const scratchStores = scratch()
const callers = 64
const rounds = 6

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

async function expectGapFree(store: ThreadStore, id: string): Promise<void> {
  let next = 0
  for await (const { ordinal } of store.listItems(id)) {
    expect(ordinal, `thread ${id}`).toBe(next)
    next += 1
  }
  expect((await store.readThread(id))?.nextOrdinal).toBe(next)
}

/** Every text of one caller is there, in the order in which that caller sent it. */
function expectInOrder(texts: readonly string[], caller: number, sent: readonly string[]): void {
  expect(texts.filter((text) => text.startsWith(`${caller}:`))).toEqual(sent)
}

describe('appends', () => {
  it('64 callers on one thread, some with large items, some buffered', async () => {
    const store = await scratchStores.store({ referenceBytesMin: 4_096, checkpointBytes: 20_000 })
    const id = await store.createThread()
    const sent = range(callers).map((caller) => range(rounds).map((round) => `${caller}:${round}`))
    await Promise.all(
      sent.map(async (texts, caller) => {
        for (const [round, text] of texts.entries()) {
          const pad = caller % 16 === 0 && round % 3 === 0 ? 'x'.repeat(5_000) : ''
          const item = { type: 'response_item', payload: { ...messageOf(text), pad } }
          const durability = caller % 5 === 0 ? 'buffered' : 'durable'
          await store.appendItems(id, [item], { durability })
        }
      }),
    )
    await store.flush()
    await store.reopen()
    const texts = await textsOf(store, id)
    expect(texts).toHaveLength(callers * rounds)
    for (const [caller, lines] of sent.entries()) expectInOrder(texts, caller, lines)
    await expectGapFree(store, id)
    expect((await store.verify()).problems).toEqual([])
  })

  it('64 callers on 64 threads, with renames, archives, forks and deletes between', async () => {
    const store = await scratchStores.store({ checkpointBytes: 20_000 })
    const ids = range(callers).map(threadIdOf)
    for (const threadId of ids) await store.createThread({ threadId })
    const acknowledged = new Map<string, string[]>()
    const forks = new Map<string, string[]>()
    const dead = new Set<string>()
    await Promise.all(
      ids.map(async (id, caller) => {
        const texts: string[] = []
        acknowledged.set(id, texts)
        for (const round of range(rounds)) {
          const text = `${caller}:${round}`
          await store.appendItems(id, [textItem(text)])
          texts.push(text)
          const deed = (caller + round) % 8
          if (deed === 0) await store.renameThread(id, `name ${text}`)
          if (deed === 1) {
            const { threadId } = await store.forkThread(id, { copy: caller % 2 === 0 })
            forks.set(threadId, [...texts])
          }
          if (deed === 2) {
            await store.archiveThreads([id])
            expect(await codeOf(() => store.appendItems(id, [textItem('no')]))).toBe(
              'THREAD_ARCHIVED',
            )
            await store.unarchiveThreads([id])
          }
          if (caller % 8 === 7 && round === 4) {
            const { state } = await store.deleteThread(id, { forks: 'detach' })
            expect(state).toBe('deleted')
            dead.add(id)
            return
          }
        }
      }),
    )
    expect(dead.size).toBe(callers / 8)
    expect(forks.size).toBeGreaterThan(20)
    for (const reopened of [false, true]) {
      if (reopened) await store.reopen()
      const expected = new Map([...acknowledged, ...forks])
      for (const id of dead) expected.delete(id)
      expect((await livingIds(store)).sort()).toEqual([...expected.keys()].sort())
      for (const [id, texts] of expected) expect(await textsOf(store, id), id).toEqual(texts)
      for (const id of expected.keys()) await expectGapFree(store, id)
      expect((await store.verify()).problems).toEqual([])
    }
  })

  it('200 threads at once, more than may have an open file', async () => {
    const store = await scratchStores.store()
    const ids = range(200).map(threadIdOf)
    await Promise.all(ids.map((threadId) => store.createThread({ threadId })))
    for (const round of range(3)) {
      await Promise.all(ids.map((id) => store.appendItems(id, [textItem(`${round}`)])))
    }
    await store.reopen()
    for (const id of ids) expect(await textsOf(store, id)).toEqual(['0', '1', '2'])
    expect((await store.verify()).problems).toEqual([])
  })

  it('of callers with the same expected ordinal one wins, each time', async () => {
    const store = await scratchStores.store()
    const id = await store.createThread()
    for (const round of range(10)) {
      const expectedOrdinal = round + 1
      const codes = await Promise.all(
        range(16).map((caller) =>
          codeOf(() => store.appendItems(id, [textItem(`${caller}`)], { expectedOrdinal })),
        ),
      )
      expect(codes.filter((code) => code === 'resolved')).toHaveLength(1)
      expect(codes.filter((code) => code === 'ORDINAL_CONFLICT')).toHaveLength(15)
    }
    expect(await textsOf(store, id)).toHaveLength(10)
    await expectGapFree(store, id)
  })

  it('an idempotency key that 32 callers repeat writes once, also after a restart', async () => {
    const root = await scratchStores.folder()
    const first = await scratchStores.open(root)
    const id = await first.createThread()
    const append = (store: ThreadStore) =>
      store.appendItems(id, [textItem('once')], { idempotencyKey: 'key' })
    const results = await Promise.all(range(32).map(() => append(first)))
    await first.close()
    const second = await scratchStores.open(root)
    results.push(...(await Promise.all(range(32).map(() => append(second)))))
    expect(new Set(results.map(({ firstOrdinal }) => firstOrdinal))).toEqual(new Set([1]))
    expect(await textsOf(second, id)).toEqual(['once'])
    const other = () => second.appendItems(id, [textItem('other')], { idempotencyKey: 'key' })
    expect(await codeOf(other)).toBe('IDEMPOTENCY_CONFLICT')
  })

  it('a fork taken while lines are appended holds a prefix of them', async () => {
    const store = await scratchStores.store()
    const id = await store.createThread()
    const texts = range(40).map(String)
    const appending = (async () => {
      for (const text of texts) await store.appendItems(id, [textItem(text)])
    })()
    const forks: string[] = []
    for (const copy of [false, true, false, true]) {
      forks.push((await store.forkThread(id, { copy })).threadId)
    }
    await appending
    for (const fork of forks) {
      const inherited = await textsOf(store, fork)
      expect(inherited).toEqual(texts.slice(0, inherited.length))
      await expectGapFree(store, fork)
    }
    expect(await textsOf(store, id)).toEqual(texts)
    expect((await store.verify()).problems).toEqual([])
  })
})

describe('races with a delete', () => {
  it('a child spawned meanwhile is refused or deleted with its parent, never an orphan', async () => {
    const store = await scratchStores.store()
    let refused = 0
    let taken = 0
    for (const round of range(12)) {
      const parent = threadIdOf(round * 100)
      await store.createThread({ threadId: parent })
      const spawned: string[] = []
      const spawning = range(6).map(async (n) => {
        const threadId = threadIdOf(round * 100 + n + 1)
        for (let turn = 0; turn < n * round; turn += 1) await Promise.resolve()
        try {
          await store.createThread({ threadId, parentThreadId: parent })
          spawned.push(threadId)
        } catch (error) {
          expect(isStoreError(error, 'THREAD_DELETED'), String(error)).toBe(true)
          refused += 1
        }
      })
      const deleting = store.deleteThread(parent)
      await Promise.all(spawning)
      const { receipt } = await deleting
      taken += spawned.length
      expect([...(receipt?.threadIds ?? [])].sort()).toEqual([parent, ...spawned].sort())
    }
    expect(await livingIds(store)).toEqual([])
    expect(refused + taken).toBe(72)
    expect((await filesUnder(store.root)).filter((name) => name.endsWith('.jsonl'))).toEqual([])
  })

  it('a fork taken meanwhile refuses the delete, or is refused', async () => {
    const store = await scratchStores.store()
    const outcomes = new Set<string>()
    for (const round of range(16)) {
      const base = threadIdOf(round * 10)
      await store.createThread({ threadId: base })
      await store.appendItems(base, [textItem('base')])
      const forking = codeOf(() =>
        store.forkThread(base, { newThreadId: threadIdOf(round * 10 + 1) }),
      )
      for (let turn = 0; turn < round * 3; turn += 1) await Promise.resolve()
      const deleting = codeOf(() => store.deleteThread(base))
      const outcome = `fork ${await forking}, delete ${await deleting}`
      outcomes.add(outcome)
      expect([
        'fork resolved, delete THREAD_HAS_FORKS',
        'fork THREAD_DELETED, delete resolved',
      ]).toContain(outcome)
      if (outcome.startsWith('fork resolved')) {
        expect(await textsOf(store, threadIdOf(round * 10 + 1))).toEqual(['base'])
      }
    }
    expect(outcomes.size).toBeGreaterThan(0)
    expect((await store.verify()).problems).toEqual([])
  })

  it('an import of the thread, or of its child, meanwhile brings nothing back', async () => {
    const store = await scratchStores.store()
    const folder = await scratchStores.folder()
    for (const round of range(10)) {
      const [id, child] = [threadIdOf(round * 10), threadIdOf(round * 10 + 1)] as const
      await store.createThread({ threadId: id })
      const at = '2026-11-20T10:20:30.000Z'
      const meta = { timestamp: at, cwd: '/i', originator: 'x', cli_version: '0' }
      const child_meta = { ...meta, id: child, parent_thread_id: id }
      const sources = await Promise.all(
        [{ ...meta, id }, child_meta].map(async (payload) => {
          const file = path.join(folder, `rollout-2026-11-20T10-20-30-${payload.id}.jsonl`)
          const line = { timestamp: at, type: 'session_meta', payload }
          await writeFile(file, `${JSON.stringify(line)}\n`)
          return file
        }),
      )
      const importing = store.importRollouts(sources)
      for (let turn = 0; turn < round * 5; turn += 1) await Promise.resolve()
      const { state } = await store.deleteThread(id)
      expect(state).toBe('deleted')
      await importing
      expect(await livingIds(store)).toEqual([])
    }
    expect((await store.verify()).problems).toEqual([])
    expect((await filesUnder(store.root)).filter((name) => name.endsWith('.jsonl'))).toEqual([])
  })

  it('a recorder and appenders that write meanwhile are told, and leave nothing', async () => {
    const store = await scratchStores.store()
    for (const round of range(6)) {
      const secret = `canary-${round}-${'s'.repeat(40)}`
      const recorder = store.recorder({ create: {} })
      const id = await recorder.persist()
      const writing = (async () => {
        for (;;) {
          await recorder.add(textItem(secret))
          await recorder.flush()
        }
      })()
      const ended = writing.catch((error: unknown) => error)
      for (let turn = 0; turn < round * 20; turn += 1) await Promise.resolve()
      const { state } = await store.deleteThread(id)
      expect(state).toBe('deleted')
      expect(await ended).toMatchObject({ code: 'THREAD_DELETED' })
      expect(await codeOf(() => store.appendItems(id, [textItem(secret)]))).toBe('THREAD_DELETED')
      expect(await filesHolding(store.root, secret)).toEqual([])
    }
    expect((await store.verify()).problems).toEqual([])
  })

  it('deletes of overlapping sets all end, with one receipt a thread', async () => {
    const store = await scratchStores.store()
    const ids = range(12).map(threadIdOf)
    for (const threadId of ids) await store.createThread({ threadId })
    const sets = ids.map((_, start) => range(4).map((n) => ids[(start + n) % ids.length]!))
    const results = await Promise.all(sets.map((set) => store.deleteThreads(set)))
    for (const { state } of results) expect(state).toBe('deleted')
    const receipts = await store.listReceipts()
    const receiptsOf = receipts.flatMap((receipt) => receipt.threadIds)
    expect([...receiptsOf].sort()).toEqual(ids)
    for (const id of ids) {
      const [first, second] = [await store.deleteThread(id), await store.deleteThread(id)]
      expect(first.receipt?.threadIds).toContain(id)
      expect(second.receipt).toEqual(first.receipt)
    }
  })

  it('creates of one id: one wins', async () => {
    const store = await scratchStores.store()
    const codes = await Promise.all(
      range(8).map(() => codeOf(() => store.createThread({ threadId: threadIdOf(1) }))),
    )
    expect(codes.filter((code) => code === 'resolved')).toHaveLength(1)
    expect(codes.filter((code) => code === 'THREAD_EXISTS')).toHaveLength(7)
  })

  it('a child of a parent that is archived meanwhile is in the same place as its parent', async () => {
    const store = await scratchStores.store()
    for (const round of range(8)) {
      const [parent, child] = [threadIdOf(round * 2), threadIdOf(round * 2 + 1)] as const
      await store.createThread({ threadId: parent })
      const archiving = store.archiveThreads([parent])
      for (let turn = 0; turn < round * 4; turn += 1) await Promise.resolve()
      const spawned = await codeOf(() =>
        store.createThread({ threadId: child, parentThreadId: parent }),
      )
      await archiving
      expect(['resolved', 'THREAD_ARCHIVED']).toContain(spawned)
      const facts = await factsOf(store)
      expect(facts[parent]?.archived).toBe(true)
      if (spawned === 'resolved') expect(facts[child]?.archived).toBe(true)
    }
  })
})
