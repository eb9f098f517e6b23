// What a store tells of itself: turns, events, receipts, names, counts. Nothing is changed by it.

import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type { EventLike, LogHeadLike } from '../store/thread-store-like.js'
import { deadThread, livingThread } from './choice.js'
import { isInMemory } from './model-halves.js'
import { turnsOf } from './model-turns.js'
import { refusedWith, type Said, told } from './said.js'
import { modelIds, type System } from './system.js'
import type { ThreadModel } from './thread-model.js'
import { short, verb } from './verb.js'

/** Page by page, from either end. */
export const turns = fc
  .record({ thread: livingThread, limit: fc.integer({ min: 1, max: 3 }), isReverse: fc.boolean() })
  .map(({ thread, limit, isReverse }) =>
    verb('turns', ({ store }, model) => {
      const id = thread(model)
      return {
        text: `${short(id)}, ${limit}${isReverse ? ', newest first' : ''}`,
        async call() {
          const direction = isReverse ? 'desc' : 'asc'
          const read: unknown[] = []
          for (let cursor: string | null | undefined; cursor !== null; ) {
            const at = cursor === undefined ? {} : { cursor }
            const page = await store.listTurns(id, { limit, direction, ...at })
            assert(page.turns.length <= limit)
            for (const { turnId, status, items } of page.turns) read.push({ turnId, status, items })
            cursor = page.nextCursor
          }
          return read
        },
        apply(later) {
          const said = later.read(id)
          if (said.refused) return said
          const all = turnsOf(later.threads.get(id)!)
          return told(isReverse ? all.reverse() : all)
        },
      }
    }),
  )

/** Of who was made on disk and of who died there; from any place on, live or not, the same. */
export const log = fc.nat(20).map((from) =>
  verb('log', (system) => ({
    text: `from ${from}`,
    async call() {
      const { store } = system
      const all = await eventsFrom(store.events())
      assert.deepEqual(
        all.map(({ position }) => position),
        all.map((_, at) => at),
      )
      const after = Math.min(from, all.length) - 1
      const part = all.slice(after + 1, after + 4)
      assert.deepEqual(await eventsFrom(store.events({ after, limit: 3 })), part)
      assert.deepEqual(await watched(store, after, part.length), part)
      await checkHead(system, all.length)
      const made = ['thread.created', 'thread.forked']
      const erased = all.filter(({ type, payload }) => made.includes(type) && payload === null)
      return {
        made: all.filter(({ type }) => made.includes(type)).length,
        erased: erased.map(({ threadId }) => threadId).sort(),
      }
    },
    apply(model) {
      const living = [...model.threads.values()].filter(({ ephemeral }) => !ephemeral)
      const died = [...model.dead].filter((id) => !isInMemory(model, id)).sort()
      return told({ made: living.length + died.length, erased: died })
    },
  })),
)

async function eventsFrom(events: AsyncIterable<EventLike>): Promise<EventLike[]> {
  const read: EventLike[] = []
  for await (const event of events) read.push(event)
  return read
}

async function watched(store: System['store'], after: number, count: number): Promise<EventLike[]> {
  const read: EventLike[] = []
  if (count === 0) return read
  const watching = new AbortController()
  for await (const event of store.watch({ after, signal: watching.signal })) {
    read.push(event)
    if (read.length === count) watching.abort()
  }
  return read
}

/** The log has grown since, and the same key signs it. */
async function checkHead(system: System, size: number): Promise<void> {
  const { store, head: earlier } = system
  const head: LogHeadLike = await store.logHead(earlier?.point)
  assert.equal(head.treeSize, size)
  if (earlier) {
    assert.equal(store.publicKey, earlier.publicKey)
    assert(earlier.point.treeSize <= size)
    if (earlier.point.treeSize === size) assert.equal(head.rootHash, earlier.point.rootHash)
  }
  system.head = { point: head, publicKey: store.publicKey }
}

/** Everybody who is dead has one, which can be read; and nothing is left to do. */
export const receipts = fc.constant(null).map(() =>
  verb('receipts', ({ store }) => ({
    text: '',
    async call() {
      const listed = await store.listReceipts()
      const dead: string[] = []
      for (const id of modelIds) {
        const status = await store.status(id).catch(notFound)
        if (status?.state !== 'deleted') continue
        const receipt = await store.readReceipt(status.receiptId ?? '')
        assert(receipt?.threadIds.includes(id), id)
        assert(
          listed.some((one) => isDeepStrictEqual(one, receipt)),
          id,
        )
        dead.push(id)
      }
      return dead
    },
    apply: (model) => told([...model.dead].sort()),
  })),
)

function notFound(error: { readonly code?: unknown }): undefined {
  if (error.code !== 'THREAD_NOT_FOUND') throw error
}

export const retry = deadThread.map((thread) =>
  verb('retry', ({ store }, model) => {
    const id = thread(model)
    return {
      text: short(id),
      call: async () => (await store.retry(id)).state,
      apply(later): Said {
        if (later.dead.has(id)) return told('deleted')
        const said = later.read(id)
        // Nothing is pending.
        return said.refused ? said : refusedWith(['ARGUMENT_INVALID'])
      },
    }
  }),
)

/** By its name; the visible are asked before those that wait for a date. */
export const resolve = livingThread.map((thread) =>
  verb('resolve', ({ store }, model) => {
    const name = model.threads.get(thread(model))?.name ?? 'nobody'
    return {
      text: JSON.stringify(name),
      call: () => store.resolveThread(name),
      apply: (later) => resolveInModel(later, name),
    }
  }),
)

function resolveInModel(model: ThreadModel, name: string): Said {
  const named = [...model.threads.values()].filter((thread) => thread.name === name)
  const visible = named.filter(({ id }) => model.stateOf(id) !== 'scheduled')
  const [one, ...others] = visible.length > 0 ? visible : named
  if (!one) return refusedWith(['THREAD_NOT_FOUND'])
  return others.length > 0 ? refusedWith(['THREAD_AMBIGUOUS']) : told(one.id)
}

export const stats = fc.constant(null).map(() =>
  verb('stats', ({ store }) => ({
    text: '',
    call: async () => (await store.stats()).threads,
    apply: (model) =>
      told(
        [...model.threads.values()].filter(
          ({ id, ephemeral }) => !ephemeral && model.stateOf(id) !== 'scheduled',
        ).length,
      ),
  })),
)
