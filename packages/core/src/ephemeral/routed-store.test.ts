// Threads in memory beside threads on disk: one store to its caller, and nothing of the former on the disk.

import { type Disk, isStoreError, nodeClock, nodeDisk, StoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { message, textsOf, withStore } from '../store.fixture.js'
import { ThreadStore } from '../thread-store.js'
import { RoutedStore } from './routed-store.js'
import { byThread, byThreads, onDisk, overridden } from './routes.js'

/** Methods and getters of a class and of what it extends. */
function membersOf(prototype: object): string[] {
  const names: string[] = []
  for (let one = prototype; one !== Object.prototype; one = Object.getPrototypeOf(one)) {
    names.push(...Object.getOwnPropertyNames(one))
  }
  return [...new Set(names)].filter((name) => name !== 'constructor')
}

/** Protected, and so nobody's verbs. */
const inner = ['context', 'writable', 'refuseLost']

/** Rollouts cannot be written while this is so. */
const broken = { now: false }
const brokenDisk: Disk = {
  ...nodeDisk,
  async openWrite(name) {
    const file = await nodeDisk.openWrite(name)
    if (!file) return undefined
    return {
      path: file.path,
      read: (offset, length) => file.read(offset, length),
      write: async (offset, bytes) => {
        if (broken.now) throw new StoreError('DISK_ERROR', 'the disk is broken')
        await file.write(offset, bytes)
      },
      truncate: (length) => file.truncate(length),
      sync: () => file.sync(),
      size: () => file.size(),
      close: () => file.close(),
    }
  },
}

const codeOf = async (run: () => Promise<unknown>): Promise<string> => {
  try {
    await run()
    return 'none'
  } catch (error) {
    return isStoreError(error) ? error.code : String(error)
  }
}

describe('the table of routes', () => {
  it('has every verb of a store', () => {
    const routed = [...byThread, ...byThreads, ...onDisk, ...overridden, ...inner]
    const missing = membersOf(ThreadStore.prototype).filter((name) => !routed.includes(name))
    expect(missing, 'say in routes.ts which half of a store answers this').toEqual([])
  })

  it('is true where it says that a verb is overridden or routed', () => {
    const own = Object.getOwnPropertyNames(RoutedStore.prototype)
    const base = membersOf(ThreadStore.prototype)
    const promised = [...byThread, ...byThreads, ...overridden].filter((name) =>
      base.includes(name),
    )
    expect(promised.filter((name) => !own.includes(name))).toEqual([])
    expect(promised.length).toBeGreaterThan(20)
  })
})

describe('an ephemeral thread', () => {
  it('is written, read, listed and found like the others', () =>
    withStore(async (store) => {
      const kept = await store.createThread({ name: 'kept' })
      const id = await store.createThread({ name: 'off the record', ephemeral: true })
      await store.appendItems(id, [message('one'), message('two')])
      expect(await textsOf(store, id)).toEqual(['one', 'two'])
      expect((await store.readThread(id))?.persistence).toBe('ephemeral')
      expect((await store.readThread(kept))?.persistence).toBe('durable')
      expect(await store.resolveThread('off the record')).toBe(id)
      expect(await store.resolveThread(id.slice(0, 23))).toBe(id)
      expect((await store.status(id)).state).toBe('active')
      await store.renameThread(id, 'renamed')
      await store.archiveThreads([kept, id])
      const archived = await store.listThreads({ archived: true })
      expect(archived.threads.map(({ threadId }) => threadId)).toEqual([id, kept])
      await store.unarchiveThreads([id])
      const { recorder } = await store.resumeThread(id)
      await recorder.add(message('three'))
      await recorder.shutdown()
      expect(await textsOf(store, id)).toEqual(['one', 'two', 'three'])
      expect(await store.resolveThread('renamed')).toBe(id)
    }))

  it('is searched behind those on disk, page by page', () =>
    withStore(async (store) => {
      const ids: string[] = []
      for (const ephemeral of [true, false, true, false]) {
        const id = await store.createThread({ ephemeral })
        await store.appendItems(id, [message('a reef'), message('nothing'), message('reef')])
        ids.push(id)
      }
      const expected = [3, 1, 2, 0].flatMap((n) => [1, 3].map((ordinal) => [ids[n], ordinal]))
      for (const limit of [1, 2, 3, 4, 5, 100]) {
        const hits: (string | number)[][] = []
        let cursor: string | undefined
        do {
          const page = await store.searchThreads('reef', { limit, ...(cursor ? { cursor } : {}) })
          expect(page.hits.length).toBeLessThanOrEqual(limit)
          hits.push(...page.hits.map(({ threadId, ordinal }) => [threadId, ordinal]))
          cursor = page.nextCursor ?? undefined
        } while (cursor)
        expect(hits).toEqual(expected)
      }
    }))

  it('is there after a reopen and gone after a close', () =>
    withStore(async (store) => {
      const id = await store.createThread({ ephemeral: true })
      await store.appendItems(id, [message('one')])
      await store.reopen()
      expect(await textsOf(store, id)).toEqual(['one'])
      await store.close()
      expect(await codeOf(() => store.readThread(id))).toBe('STORE_CLOSED')
      expect(await codeOf(() => store.appendItems(id, [message('two')]))).toBe('STORE_CLOSED')
      expect(await codeOf(() => store.createThread({ ephemeral: true }))).toBe('STORE_CLOSED')
    }))

  it('is deleted with a receipt of its own log', () =>
    withStore(async (store) => {
      const id = await store.createThread({ ephemeral: true })
      const { state, receipt } = await store.deleteThread(id)
      expect(state).toBe('deleted')
      expect(receipt?.threadIds).toEqual([id])
      expect(receipt?.publicKey).not.toBe(store.publicKey)
      expect(await store.readReceipt(receipt!.receiptId)).toEqual(receipt)
      expect((await store.listReceipts()).map(({ receiptId }) => receiptId)).toEqual([
        receipt!.receiptId,
      ])
      expect(await codeOf(() => store.readThread(id))).toBe('THREAD_DELETED')
      expect((await store.deleteThread(id)).receipt).toEqual(receipt)
      for await (const event of store.events()) expect(event.threadId).not.toBe(id)
    }))

  it('has an id that nobody else gets, on either side', () =>
    withStore(async (store) => {
      const inMemory = await store.createThread({ ephemeral: true })
      const kept = await store.createThread()
      expect(await codeOf(() => store.createThread({ threadId: inMemory }))).toBe('THREAD_EXISTS')
      expect(await codeOf(() => store.createThread({ threadId: kept, ephemeral: true }))).toBe(
        'THREAD_EXISTS',
      )
      expect(await codeOf(() => store.forkThread(kept, { newThreadId: inMemory }))).toBe(
        'THREAD_EXISTS',
      )
      await store.deleteThread(kept)
      expect(await codeOf(() => store.createThread({ threadId: kept, ephemeral: true }))).toBe(
        'THREAD_EXISTS',
      )
    }))

  it('has its id alone, whoever asks at the same time', () =>
    withStore(async (store) => {
      await store.createThread({ ephemeral: true })
      for (let n = 0; n < 20; n += 1) {
        const threadId = `019cebb3-eafc-7000-8000-0000000000${String(n).padStart(2, '0')}`
        const asked = [
          store.createThread({ threadId }),
          store.createThread({ threadId, ephemeral: true }),
        ]
        const made = await Promise.allSettled(n % 2 === 0 ? asked : asked.reverse())
        expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      }
    }))

  it('is there and writable after the store on disk has failed', () =>
    withStore(
      async (store) => {
        const kept = await store.createThread()
        const id = await store.createThread({ ephemeral: true })
        broken.now = true
        expect(await codeOf(() => store.appendItems(kept, [message('one')]))).toBe('STORE_FAILED')
        await store.appendItems(id, [message('one')])
        await store.createThread({ ephemeral: true })
        broken.now = false
        await store.reopen()
        expect(await textsOf(store, id)).toEqual(['one'])
        expect((await store.listThreads()).threads).toHaveLength(3)
      },
      { disk: brokenDisk },
    ))

  it('is recorded by a recorder that creates it', () =>
    withStore(async (store) => {
      const recorder = store.recorder({ create: { ephemeral: true, name: 'taped' } })
      await recorder.add(message('one'))
      const id = await recorder.persist()
      expect(await codeOf(() => store.appendItems(id, [message('two')]))).toBe('THREAD_HAS_WRITER')
      await recorder.shutdown()
      expect((await store.readThread(id))?.persistence).toBe('ephemeral')
      expect(await textsOf(store, id)).toEqual(['one'])
    }))

  it('is refused with its company, before anything happens to them', () =>
    withStore(async (store) => {
      const kept = await store.createThread()
      const id = await store.createThread({ ephemeral: true })
      const dead = await store.createThread({ ephemeral: true })
      const unknown = '019cebb3-eafc-7000-8000-000000000000'
      await store.deleteThread(dead)
      for (const [ids, code] of [
        [[kept, id, dead], 'THREAD_DELETED'],
        [[id, unknown, kept], 'THREAD_NOT_FOUND'],
        [[id, kept, 'nonsense'], 'THREAD_ID_MALFORMED'],
      ] as const) {
        expect(await codeOf(() => store.archiveThreads(ids))).toBe(code)
        expect((await store.readThread(id))?.state).toBe('active')
        expect((await store.readThread(kept))?.state).toBe('active')
      }
    }))

  it('ends with the store, whatever is under way', () =>
    withStore(async (store) => {
      const id = await store.createThread({ ephemeral: true })
      const appends = Array.from({ length: 50 }, (_, n) => store.appendItems(id, [message(`${n}`)]))
      const making = store.createThread({ ephemeral: true })
      const recorder = store.recorder({ threadId: id })
      const closing = store.close()
      const ends = await Promise.allSettled([...appends, making, recorder.persist()])
      await closing
      for (const end of ends)
        if (end.status === 'rejected') expect(isStoreError(end.reason)).toBe(true)
      // Refused as a promise, never thrown at the caller.
      const late = store.readThread(id)
      await expect(late).rejects.toMatchObject({ code: 'STORE_CLOSED' })
      await store.close()
    }))

  it('takes hostile options like the others', () =>
    withStore(async (store) => {
      const wrong = { ephemeral: 'yes' } as unknown as { ephemeral: boolean }
      expect(await codeOf(() => store.createThread(wrong))).toBe('ARGUMENT_INVALID')
      const id = await store.createThread({ ephemeral: true })
      expect(await codeOf(() => store.forkThread(id, wrong))).toBe('ARGUMENT_INVALID')
      expect(await codeOf(() => store.deleteThreads([id], null as unknown as object))).toBe(
        'ARGUMENT_INVALID',
      )
      expect(await codeOf(() => store.archiveThreads([id, 'nonsense']))).toBe('THREAD_ID_MALFORMED')
      expect((await store.readThread(id))?.state).toBe('active')
    }))
})

describe('families across memory and disk', () => {
  it('a child of a thread in memory is in memory', () =>
    withStore(async (store) => {
      const parent = await store.createThread({ ephemeral: true })
      const child = await store.createThread({ parentThreadId: parent })
      expect((await store.readThread(child))?.persistence).toBe('ephemeral')
      const refused = () => store.createThread({ parentThreadId: parent, ephemeral: false })
      expect(await codeOf(refused)).toBe('ARGUMENT_INVALID')
      expect((await store.deleteThread(parent)).threadIds).toEqual([parent, child])
    }))

  it('a child in memory dies with its parent on disk, and nobody reads of it', () =>
    withStore(async (store) => {
      const parent = await store.createThread()
      const child = await store.createThread({ parentThreadId: parent, ephemeral: true })
      const grandchild = await store.createThread({ parentThreadId: child })
      const planned = await store.deleteThread(parent, { dryRun: true })
      expect(planned.threadIds).toEqual([parent, child, grandchild])
      const { threadIds, receipt } = await store.deleteThread(parent, {
        expectPlan: planned.planId!,
      })
      expect(threadIds).toEqual([parent, child, grandchild])
      expect(receipt?.threadIds).toEqual([parent])
      for (const id of threadIds) expect((await store.status(id)).state).toBe('deleted')
      const late = () => store.createThread({ parentThreadId: parent, ephemeral: true })
      expect(await codeOf(late)).toBe('THREAD_DELETED')
    }))

  it('a hold on a child in memory keeps its parent', () =>
    withStore(async (store) => {
      const parent = await store.createThread()
      const child = await store.createThread({ parentThreadId: parent, ephemeral: true })
      await store.holdThread(child, 'evidence')
      expect((await store.listHolds()).map(({ threadId }) => threadId)).toEqual([child])
      expect(await codeOf(() => store.deleteThread(parent))).toBe('THREAD_HELD')
      expect((await store.readThread(parent))?.state).toBe('active')
      await store.unholdThread(child)
      expect((await store.deleteThread(parent)).state).toBe('deleted')
      expect((await store.status(child)).state).toBe('deleted')
    }))

  it('a fork into memory holds the lines itself, and survives its base', () =>
    withStore(async (store) => {
      const base = await store.createThread({ name: 'base' })
      await store.appendItems(base, [message('one'), message('two')])
      const middle = await store.forkThread(base)
      await store.appendItems(middle.threadId, [message('three')])
      const fork = await store.forkThread(middle.threadId, { ephemeral: true })
      expect(fork.kind).toBe('copy')
      await store.appendItems(fork.threadId, [message('four')])
      expect(await textsOf(store, fork.threadId)).toEqual(['one', 'two', 'three', 'four'])
      const again = await store.forkThread(fork.threadId)
      expect((await store.readThread(again.threadId))?.persistence).toBe('ephemeral')
      expect(await codeOf(() => store.forkThread(fork.threadId, { ephemeral: false }))).toBe(
        'ARGUMENT_INVALID',
      )
      const { receipt } = await store.deleteThreads([base, middle.threadId])
      expect(receipt?.survivingForks).toEqual([])
      expect(await textsOf(store, again.threadId)).toEqual(['one', 'two', 'three', 'four'])
    }))

  it('`cascade` takes forks in memory along', () =>
    withStore(async (store) => {
      const base = await store.createThread()
      await store.appendItems(base, [message('one')])
      const { threadId } = await store.forkThread(base, { ephemeral: true })
      const { threadId: again } = await store.forkThread(threadId)
      const { threadIds } = await store.deleteThread(base, { forks: 'cascade' })
      expect([...threadIds].sort()).toEqual([base, threadId, again].sort())
      for (const id of threadIds) expect((await store.status(id)).state).toBe('deleted')
    }))
})

describe('schedules', () => {
  it('hide a thread in memory until its date, and are taken back', () =>
    withStore(async (store) => {
      const kept = await store.createThread({ name: 'same' })
      const id = await store.createThread({ name: 'same', ephemeral: true })
      const both = await store.deleteThreads([kept, id], { in: '30d' })
      expect(both.state).toBe('scheduled')
      expect([...both.threadIds].sort()).toEqual([kept, id].sort())
      expect((await store.listThreads()).threads).toEqual([])
      const { threads } = await store.listThreads({ scheduled: true })
      expect(threads.map(({ threadId }) => threadId).sort()).toEqual([kept, id].sort())
      expect(await codeOf(() => store.readThread(id))).toBe('THREAD_SCHEDULED')
      expect(await codeOf(() => store.appendItems(id, [message('late')]))).toBe('THREAD_SCHEDULED')
      expect(await store.restoreThreads([id])).toEqual([id])
      // Of two threads with one name the visible one is meant.
      expect(await store.resolveThread('same')).toBe(id)
      expect(await store.restoreThreads([kept])).toEqual([kept])
    }))

  it('that are due delete in memory, and what a due thread on disk has spawned there', () => {
    let now = Date.UTC(2026, 10, 20)
    const clock = { ...nodeClock, wallMs: () => now }
    return withStore(
      async (store) => {
        const id = await store.createThread({ ephemeral: true })
        const parent = await store.createThread()
        const child = await store.createThread({ parentThreadId: parent, ephemeral: true })
        await store.deleteThreads([id, parent], { in: '1h' })
        expect((await store.status(child)).state).toBe('active')
        now += 2 * 60 * 60 * 1000
        const { receipts, threadIds } = await store.sweep({ confirmClock: true })
        expect(receipts).toHaveLength(2)
        expect([...threadIds].sort()).toEqual([id, parent].sort())
        for (const dead of [id, parent, child])
          expect((await store.status(dead)).state).toBe('deleted')
      },
      { clock },
    )
  })
})

describe('participants', () => {
  it('are asked about threads in memory, whenever they were registered', () =>
    withStore(async (store) => {
      const asked: Record<string, string[]> = {}
      const participant = (name: string) => ({
        name,
        async erase(ids: readonly string[]) {
          asked[name] = [...(asked[name] ?? []), ...ids]
        },
        verify: async () => [],
      })
      await store.registerParticipant(participant('first'))
      const id = await store.createThread({ ephemeral: true })
      await store.registerParticipant(participant('second'))
      const { receipt } = await store.deleteThread(id)
      expect(asked).toEqual({ first: [id], second: [id] })
      expect(receipt?.participants.map(({ name }) => name)).toEqual(['first', 'second'])
    }))

  it('that are not there are waited for, until they come or are forgotten', () =>
    withStore(async (store) => {
      const participant = { name: 'away', erase: async () => {}, verify: async () => [] }
      const takeAway = await store.registerParticipant(participant)
      takeAway()
      const [one, two] = [
        await store.createThread({ ephemeral: true }),
        await store.createThread({ ephemeral: true }),
      ]
      expect((await store.deleteThread(one)).state).toBe('erasing')
      await store.registerParticipant(participant)
      expect((await store.retry(one)).state).toBe('deleted')
      takeAway()
      expect((await store.deleteThread(two)).state).toBe('erasing')
      await store.forgetParticipant('away', 'uninstalled')
      expect((await store.retry(two)).state).toBe('deleted')
    }))
})

describe('deletes of both kinds', () => {
  it('are one plan, refused whole or done whole', () =>
    withStore(async (store) => {
      const kept = await store.createThread()
      const fleeting = await store.createThread({ ephemeral: true })
      const ids = [fleeting, kept]
      const { planId, state } = await store.deleteThreads(ids, { dryRun: true })
      expect(state).toBe('planned')
      expect(await codeOf(() => store.deleteThreads(ids, { expectPlan: 'other' }))).toBe(
        'PLAN_CHANGED',
      )
      await store.holdThread(fleeting, 'evidence')
      expect(await codeOf(() => store.deleteThreads(ids))).toBe('THREAD_HELD')
      await store.unholdThread(fleeting)
      await store.holdThread(kept, 'evidence')
      expect(await codeOf(() => store.deleteThreads(ids))).toBe('THREAD_HELD')
      for (const id of ids) expect((await store.readThread(id))?.state).toBe('active')
      await store.unholdThread(kept)
      const done = await store.deleteThreads(ids, { expectPlan: planId! })
      expect(done.state).toBe('deleted')
      expect([...done.threadIds].sort()).toEqual([...ids].sort())
      expect(done.receipt?.threadIds).toEqual([kept])
      const again = await store.deleteThreads(ids)
      expect(again.alreadyDeleted.map(({ threadId }) => threadId).sort()).toEqual([...ids].sort())
    }))

  it('may name a child in memory beside its parent on disk', () =>
    withStore(async (store) => {
      const parent = await store.createThread()
      const child = await store.createThread({ parentThreadId: parent, ephemeral: true })
      const ids = [parent, child]
      const { planId, threadIds } = await store.deleteThreads(ids, { dryRun: true })
      expect(threadIds).toEqual(ids)
      const done = await store.deleteThreads(ids, { expectPlan: planId! })
      expect(done.state).toBe('deleted')
      expect(done.threadIds).toEqual(ids)
      expect(done.alreadyDeleted).toEqual([])
    }))

  it('is bound to a plan that has what goes along in memory', () =>
    withStore(async (store) => {
      const parent = await store.createThread()
      await store.createThread({ parentThreadId: parent, ephemeral: true })
      const seen = await store.deleteThreads([parent], { dryRun: true })
      const later = await store.createThread({ parentThreadId: parent, ephemeral: true })
      const bound = (planId: string | null) => () =>
        store.deleteThreads([parent], { expectPlan: planId! })
      expect(await codeOf(bound(seen.planId))).toBe('PLAN_CHANGED')
      expect((await store.readThread(later))?.state).toBe('active')
      const now = await store.deleteThreads([parent], { dryRun: true })
      expect(now.threadIds).toHaveLength(3)
      const done = await bound(now.planId)()
      expect(done.planId).toBe(now.planId)
      expect([...done.threadIds].sort()).toEqual([...now.threadIds].sort())
    }))

  it('selections mean both', () =>
    withStore(async (store) => {
      const kept = await store.createThread()
      const fleeting = await store.createThread({ ephemeral: true })
      const { threadIds } = await store.deleteThreads({ all: true })
      expect([...threadIds].sort()).toEqual([kept, fleeting].sort())
      expect((await store.listThreads()).threads).toEqual([])
    }))
})

describe('lists of both kinds', () => {
  it.each(['asc', 'desc'] as const)('are one order, page by page, %s', (direction) =>
    withStore(async (store) => {
      const ids: string[] = []
      for (let n = 0; n < 23; n += 1) {
        const id = await store.createThread({ ephemeral: n % 3 === 0, cwd: `/work/${n % 2}` })
        ids.push(id)
      }
      // Another order by activity than by creation, and rows that wait for a checkpoint.
      for (const n of [20, 3, 11, 0, 7]) await store.appendItems(ids[n]!, [message(`to ${n}`)])
      for (const sort of ['created', 'updated'] as const) {
        const whole = await store.listThreads({ sort, direction, limit: 1_000 })
        expect(whole.threads).toHaveLength(23)
        expect(whole.nextCursor).toBeNull()
        const times = whole.threads.map((view) =>
          sort === 'created' ? view.createdAt : view.updatedAt,
        )
        const sorted = [...times].sort()
        expect(times).toEqual(direction === 'asc' ? sorted : sorted.reverse())
        const paged: string[] = []
        let cursor: string | null = null
        do {
          const page = await store.listThreads({
            sort,
            direction,
            limit: 4,
            ...(cursor ? { cursor } : {}),
          })
          paged.push(...page.threads.map(({ threadId }) => threadId))
          cursor = page.nextCursor
        } while (cursor)
        expect(paged).toEqual(whole.threads.map(({ threadId }) => threadId))
      }
      const one = await store.listThreads({ cwd: '/work/1', limit: 1_000 })
      expect(one.threads.map(({ threadId }) => threadId).sort()).toEqual(
        ids.filter((_, n) => n % 2 === 1).sort(),
      )
    }),
  )

  it('tell of names that both have', () =>
    withStore(async (store) => {
      const kept = await store.createThread({ name: 'same' })
      const fleeting = await store.createThread({ name: 'same', ephemeral: true })
      const error = await store.resolveThread('same').catch((caught: unknown) => caught)
      expect(isStoreError(error, 'THREAD_AMBIGUOUS') && error.detail.candidates).toEqual([
        kept,
        fleeting,
      ])
      await store.deleteThread(fleeting)
      expect(await store.resolveThread('same')).toBe(kept)
      expect(await codeOf(() => store.resolveThread('other'))).toBe('THREAD_NOT_FOUND')
    }))
})
