// The public operations of a thread store, as arbitrary calls. What a call is about, and what it needs to know of the
// store, is asked before it is made, so that several can be made at once.

import fc from 'fast-check'
import { messageOf, messagesOf } from '../store/speaking.js'
import type { Deletion, ForksMode } from '../store/thread-store-like.js'
import {
  activeThread,
  archivedThread,
  heldThread,
  livingThread,
  newThread,
  waitingThread,
} from './choice.js'
import { type Said, told } from './said.js'
import type { System } from './system.js'
import type { ModelAppend, ThreadModel } from './thread-model.js'

export interface Verb {
  readonly name: string
  /** Asked while nothing else is under way. */
  prepare(system: System, model: ThreadModel): Promise<Prepared>
}

/** One call, ready to be made. */
export interface Prepared {
  /** What the call is about, for people. */
  readonly text: string
  /** Its answer in plain data. */
  call(): Promise<unknown>
  /** The same in the model, at any time after. */
  apply(model: ThreadModel): Said
}

export const verb = (
  name: string,
  prepare: (system: System, model: ThreadModel) => Prepared | Promise<Prepared>,
): Verb => ({ name, prepare: async (system, model) => prepare(system, model) })

const hourMs = 3_600_000

export const short = (id: string): string => `#${Number.parseInt(id.slice(-2), 16)}`

const text = fc.oneof(
  fc.constantFrom('text again', 'text once more'),
  fc.string({ maxLength: 20 }).map((noise) => `text ${noise}`),
)
const name = fc.string({ maxLength: 8 }).map((noise) => `name ${noise.replaceAll(/[\r\n\0]/g, '')}`)
const attachmentKey = fc.constantFrom('a', 'b')
const value = fc.nat(9).map((n) => `value ${n}`)
const hours = fc.integer({ min: 1, max: 8 }).map((count) => count * hourMs)

const create = fc
  .record({ newId: newThread, name, parentOf: fc.option(activeThread, { nil: null, freq: 2 }) })
  .map(({ newId, name, parentOf }) =>
    verb('create', ({ store }, model) => {
      const [id, parent] = [newId(model), parentOf?.(model) ?? null]
      return {
        text: `${short(id)}, parent ${parent && short(parent)}`,
        call: () =>
          store.createThread({
            threadId: id,
            name,
            cwd: '/work',
            ...(parent === null ? {} : { parentThreadId: parent }),
          }),
        apply: (later) => later.create(id, { name, parent }),
      }
    }),
  )

const append = fc
  .record({
    thread: activeThread,
    texts: fc.array(text, { minLength: 1, maxLength: 3 }),
    buffered: fc.boolean(),
    idempotencyKey: fc.constantFrom(undefined, undefined, undefined, 'k', 'l'),
    attached: fc.oneof(fc.constant(undefined), fc.constant(undefined), value),
  })
  .map(({ thread, texts, buffered, idempotencyKey, attached }) => {
    const isPlain = idempotencyKey === undefined && attached === undefined
    const durability = buffered && isPlain ? 'buffered' : 'durable'
    const key = idempotencyKey === undefined ? {} : { idempotencyKey }
    const change: ModelAppend = {
      texts,
      ...key,
      ...(attached === undefined ? {} : { attachments: { a: attached } }),
    }
    const attachments = [{ kind: 'kind', key: 'a', value: attached }]
    const options = {
      durability,
      ...key,
      ...(attached === undefined ? {} : { attachments }),
    } as const
    return verb('append', ({ store }, model) => {
      const id = thread(model)
      return {
        text: `${short(id)}, ${texts.length}, ${JSON.stringify(options)}`,
        async call() {
          const { written } = await store.appendItems(id, texts.map(messageOf), options)
          if (durability === 'buffered') await store.flush(id)
          return written
        },
        apply: (later) => later.append(id, change),
      }
    })
  })

const rename = fc.record({ thread: livingThread, name }).map(({ thread, name }) =>
  verb('rename', ({ store }, model) => {
    const id = thread(model)
    return {
      text: short(id),
      call: () => store.renameThread(id, name),
      apply: (later) => later.rename(id, name),
    }
  }),
)

const marks = [
  fc.record({ mark: fc.constantFrom('hold', 'pin', 'unpin'), thread: livingThread }),
  fc.record({ mark: fc.constant('unhold' as const), thread: heldThread }),
  fc.record({ mark: fc.constantFrom('hold', 'unhold'), thread: waitingThread }),
] as const

const mark = fc.oneof(...marks).map(({ mark, thread }) =>
  verb(mark, ({ store }, model) => {
    const id = thread(model)
    return {
      text: short(id),
      call: () => (mark === 'hold' ? store.holdThread(id, 'on hold') : store[`${mark}Thread`](id)),
      apply: (later) => later.mark(id, mark),
    }
  }),
)

const archive = fc
  .oneof(
    fc.record({ thread: activeThread, archived: fc.constant(true) }),
    fc.record({ thread: archivedThread, archived: fc.constant(false) }),
  )
  .map(({ thread, archived }) =>
    verb(archived ? 'archive' : 'unarchive', ({ store }, model) => {
      const id = thread(model)
      return {
        text: short(id),
        async call() {
          await (archived ? store.archiveThreads([id]) : store.unarchiveThreads([id]))
        },
        apply: (later) => later.archive(id, archived),
      }
    }),
  )

const fork = fc
  .record({
    thread: activeThread,
    newId: newThread,
    copy: fc.boolean(),
    name: fc.option(name, { nil: null }),
  })
  .map(({ thread, newId, copy, name }) =>
    verb('fork', ({ store }, model) => {
      const [id, newThreadId] = [thread(model), newId(model)]
      const named = name === null ? {} : { name }
      return {
        text: `${short(id)} as ${short(newThreadId)}${copy ? ', copy' : ''}`,
        async call() {
          await store.forkThread(id, { newThreadId, copy, ...named })
        },
        apply: (later) => later.fork(id, newThreadId, { copy, name }),
      }
    }),
  )

/** The model counts lines, a store ordinals. */
const redact = fc.record({ thread: livingThread, place: fc.nat(5) }).map(({ thread, place }) =>
  verb('redact', async ({ store }, model) => {
    const id = thread(model)
    const state = model.stateOf(id)
    const isRead = state === 'active' || state === 'archived'
    const lines = isRead ? await messagesOf(store, id) : []
    // One in so many is not there.
    const line = place % (lines.length + 1)
    const ordinals = [lines[line]?.ordinal ?? 1_000_000]
    return {
      text: `${short(id)}, line ${line}`,
      call: async () => (await store.redactItems(id, ordinals, 'pasted by mistake')).state,
      apply: (later) => later.redact(id, lines[line] && line),
    }
  }),
)

const forksModes: readonly ForksMode[] = ['refuse', 'detach', 'cascade']

/** Who died or waits; of a repeat the model says nothing. */
const goneOf = ({ threadIds }: Deletion): readonly string[] => [...threadIds].sort()

const remove = fc
  .record({
    threads: fc.array(fc.oneof(livingThread, waitingThread), { minLength: 1, maxLength: 2 }),
    forks: fc.constantFrom(...forksModes),
    delayMs: fc.option(hours, { freq: 2, nil: undefined }),
  })
  .map(({ threads, forks, delayMs }) =>
    verb(delayMs === undefined ? 'delete' : 'schedule', ({ store }, model) => {
      const ids = [...new Set(threads.map((thread) => thread(model)))]
      const date = delayMs === undefined ? {} : { in: delayMs }
      return {
        text: `${ids.map(short)}, ${forks}, ${JSON.stringify(date)}`,
        call: async () => goneOf(await store.deleteThreads(ids, { forks, ...date })),
        apply: (later) => later.delete(ids, forks, delayMs),
      }
    }),
  )

const restore = waitingThread.map((thread) =>
  verb('restore', ({ store }, model) => {
    const id = thread(model)
    return {
      text: short(id),
      call: async () => [...(await store.restoreThreads([id]))].sort(),
      apply: (later) => later.restore(id),
    }
  }),
)

const attach = fc
  .record({
    thread: livingThread,
    key: attachmentKey,
    value: fc.option(value, { freq: 3, nil: undefined }),
  })
  .map(({ thread, key, value }) =>
    verb(value === undefined ? 'takeAway' : 'attach', ({ store }, model) => {
      const id = thread(model)
      return {
        text: `${short(id)}, ${key}, ${value}`,
        async call() {
          const attachments = store.attachments(id)
          if (value === undefined) return attachments.delete('kind', key)
          return attachments.put('kind', key, value)
        },
        apply: (later) => later.attach(id, key, value),
      }
    }),
  )

const checkpoint = fc.constant(null).map(() =>
  verb('checkpoint', ({ store }) => ({
    text: '',
    call: () => store.checkpoint(),
    apply: () => told(),
  })),
)

/** Calls that any number of callers may make at once. */
export const anyVerb: fc.Arbitrary<Verb> = fc.oneof(
  { arbitrary: create, weight: 4 },
  { arbitrary: append, weight: 4 },
  { arbitrary: fork, weight: 2 },
  { arbitrary: rename, weight: 1 },
  { arbitrary: mark, weight: 3 },
  { arbitrary: archive, weight: 1 },
  { arbitrary: redact, weight: 1 },
  { arbitrary: remove, weight: 2 },
  { arbitrary: restore, weight: 1 },
  { arbitrary: attach, weight: 1 },
  { arbitrary: checkpoint, weight: 1 },
)
