// The public operations of a thread store, as arbitrary calls. What a call is about, and what it needs to know of the
// store, is asked before it is made, so that several can be made at once.

import fc from 'fast-check'
import { messageOf, messagesOf } from '../store/speaking.js'
import type { Deletion, ForksMode } from '../store/thread-store-like.js'
import { activeThread, type Choice, livingThread, newThread, waitingThread } from './choice.js'
import { told } from './said.js'
import type { WhatIsSupported } from './supports.js'
import type { System } from './system.js'
import type { ModelAppend, ThreadModel } from './thread-model.js'
import { short, type Verb, verb } from './verb.js'
import { value } from './verbs-marks.js'

const hourMs = 3_600_000

/** Texts that come more than once. */
export const textsAgain = ['text again', 'text once more'] as const

export const text = fc.oneof(
  fc.constantFrom(...textsAgain),
  fc.string({ maxLength: 20 }).map((noise) => `text ${noise}`),
)
const name = fc.string({ maxLength: 8 }).map((noise) => `name ${noise.replaceAll(/[\r\n\0]/g, '')}`)
const hours = fc.integer({ min: 1, max: 8 }).map((count) => count * hourMs)

const parentIn = ({ spawn }: WhatIsSupported): fc.Arbitrary<Choice | null> =>
  spawn ? fc.option(activeThread, { nil: null, freq: 2 }) : fc.constant(null)

export const create = (supports: WhatIsSupported): fc.Arbitrary<Verb> =>
  fc
    .record({ newId: newThread, name, parentOf: parentIn(supports) })
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

const never = fc.constant(undefined)

export const append = ({ buffer, idempotency, attachments }: WhatIsSupported): fc.Arbitrary<Verb> =>
  fc
    .record({
      thread: activeThread,
      texts: fc.array(text, { minLength: 1, maxLength: 3 }),
      buffered: buffer ? fc.boolean() : fc.constant(false),
      idempotencyKey: idempotency
        ? fc.constantFrom(undefined, undefined, undefined, 'k', 'l')
        : never,
      attached: attachments ? fc.oneof(never, never, value) : never,
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

export const rename = fc.record({ thread: livingThread, name }).map(({ thread, name }) =>
  verb('rename', ({ store }, model) => {
    const id = thread(model)
    return {
      text: short(id),
      call: () => store.renameThread(id, name),
      apply: (later) => later.rename(id, name),
    }
  }),
)

export const fork = fc
  .record({
    thread: activeThread,
    newId: newThread,
    copy: fc.boolean(),
    name: fc.option(name, { nil: null }),
    place: fc.option(fc.nat(5), { nil: undefined }),
  })
  .map(({ thread, newId, copy, name, place }) =>
    verb('fork', async ({ store }, model) => {
      const [id, newThreadId] = [thread(model), newId(model)]
      const named = name === null ? {} : { name }
      const lines = place === undefined ? [] : await linesOf(store, model, id)
      const last = place === undefined ? undefined : lines[place % (lines.length || 1)]
      const through = last ? { throughOrdinal: last.ordinal } : {}
      const count = last && lines.indexOf(last) + 1
      return {
        text: `${short(id)} as ${short(newThreadId)}${copy ? ', copy' : ''}${last ? `, ${count} lines` : ''}`,
        async call() {
          await store.forkThread(id, { newThreadId, copy, ...named, ...through })
        },
        apply: (later) => later.fork(id, newThreadId, { copy, name, count }),
      }
    }),
  )

/** Who may be read is read. */
async function linesOf(store: System['store'], model: ThreadModel, id: string) {
  const state = model.stateOf(id)
  return state === 'active' || state === 'archived' ? messagesOf(store, id) : []
}

/** The model counts lines, a store ordinals. */
export const redact = fc
  .record({ thread: livingThread, place: fc.nat(5) })
  .map(({ thread, place }) =>
    verb('redact', async ({ store }, model) => {
      const id = thread(model)
      const lines = await linesOf(store, model, id)
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

export const remove = ({ schedule, fork }: WhatIsSupported): fc.Arbitrary<Verb> =>
  fc
    .record({
      threads: fc.array(schedule ? fc.oneof(livingThread, waitingThread) : livingThread, {
        minLength: 1,
        maxLength: 2,
      }),
      forks: fork ? fc.constantFrom(...forksModes) : fc.constant('refuse' as const),
      delayMs: schedule ? fc.option(hours, { freq: 2, nil: undefined }) : never,
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

export const restore = waitingThread.map((thread) =>
  verb('restore', ({ store }, model) => {
    const id = thread(model)
    return {
      text: short(id),
      call: async () => [...(await store.restoreThreads([id]))].sort(),
      apply: (later) => later.restore(id),
    }
  }),
)

/** Whether it is worth it is the store's matter; nobody sees a difference. */
export const compress = livingThread.map((thread) =>
  verb('compress', ({ store }, model) => {
    const id = thread(model)
    return {
      text: short(id),
      async call() {
        await store.compressThreads([id])
      },
      apply: (later) => later.read(id),
    }
  }),
)

export const checkpoint = fc.constant(null).map(() =>
  verb('checkpoint', ({ store }) => ({
    text: '',
    call: () => store.checkpoint(),
    apply: () => told(),
  })),
)
