// The public operations of a thread store, as arbitrary calls. What a call is about, and what it needs to know of the
// store, is asked before it is made, so that several can be made at once.

import fc from 'fast-check'
import type { Deletion, ForksMode } from '../store/thread-store-like.js'
import { activeThread, type Choice, livingThread, newThread, waitingThread } from './choice.js'
import type { ModelAppend } from './model-changes.js'
import { restoreThread } from './model-deletions.js'
import { itemOf, linesOf, markOf } from './model-turns.js'
import { told } from './said.js'
import type { WhatIsSupported } from './supports.js'
import type { System } from './system.js'
import type { ThreadModel } from './thread-model.js'
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

/** Now and then, where the store can. */
const now = (isSupported: boolean): fc.Arbitrary<boolean> =>
  isSupported ? fc.constantFrom(false, false, false, true) : fc.constant(false)

export const create = (supports: WhatIsSupported): fc.Arbitrary<Verb> =>
  fc
    .record({
      newId: newThread,
      name,
      parentOf: parentIn(supports),
      ephemeral: now(supports.ephemeral),
    })
    .map(({ newId, name, parentOf, ephemeral }) =>
      verb(ephemeral ? 'createEphemeral' : 'create', ({ store }, model) => {
        const [id, parent] = [newId(model), parentOf?.(model) ?? null]
        return {
          text: `${short(id)}, parent ${parent && short(parent)}${ephemeral ? ', ephemeral' : ''}`,
          call: () =>
            store.createThread({
              threadId: id,
              name,
              cwd: '/work',
              ...(ephemeral ? { ephemeral } : {}),
              ...(parent === null ? {} : { parentThreadId: parent }),
            }),
          apply: (later) => later.create(id, { name, parent, ephemeral }),
        }
      }),
    )

const never = fc.constant(undefined)

/** Messages; some as a turn, which may be left open. */
const texts = (turns: boolean): fc.Arbitrary<string[]> =>
  fc
    .record({
      said: fc.array(text, { minLength: 1, maxLength: 3 }),
      // No two turns have the same id, in shorter programs neither.
      turnId: now(turns).chain((isTurn) =>
        isTurn ? fc.noShrink(fc.nat()).map(String) : fc.constant(undefined),
      ),
      end: fc.constantFrom('completed', 'aborted', undefined),
    })
    .map(({ said, turnId, end }) => [
      ...(turnId === undefined ? [] : [markOf('started', turnId)]),
      ...said,
      ...(turnId === undefined || end === undefined ? [] : [markOf(end, turnId)]),
    ])

export const append = ({
  buffer,
  idempotency,
  attachments,
  turns,
}: WhatIsSupported): fc.Arbitrary<Verb> =>
  fc
    .record({
      thread: activeThread,
      texts: texts(turns),
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
            const { written } = await store.appendItems(id, texts.map(itemOf), options)
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

export const fork = (supports: WhatIsSupported): fc.Arbitrary<Verb> =>
  fc
    .record({
      thread: activeThread,
      newId: newThread,
      copy: fc.boolean(),
      name: fc.option(name, { nil: null, freq: 2 }),
      place: fc.option(fc.nat(5), { nil: undefined }),
      ephemeral: now(supports.ephemeral),
    })
    .map(({ thread, newId, copy, name, place, ephemeral }) =>
      verb(ephemeral ? 'forkEphemeral' : 'fork', async ({ store }, model) => {
        const [id, newThreadId] = [thread(model), newId(model)]
        const named = name === null ? {} : { name }
        const lines = place === undefined ? [] : await linesNow(store, model, id)
        const last = place === undefined ? undefined : lines[place % (lines.length || 1)]
        const through = last ? { throughOrdinal: last.ordinal } : {}
        const count = last && lines.indexOf(last) + 1
        return {
          text: `${short(id)} as ${short(newThreadId)}${copy ? ', copy' : ''}${ephemeral ? ', ephemeral' : ''}${last ? `, ${count} lines` : ''}`,
          async call() {
            await store.forkThread(id, {
              newThreadId,
              copy,
              ...named,
              ...through,
              ...(ephemeral ? { ephemeral } : {}),
            })
          },
          apply: (later) => later.fork(id, newThreadId, { copy, name, count, ephemeral }),
        }
      }),
    )

/** Who may be read is read. */
export async function linesNow(store: System['store'], model: ThreadModel, id: string) {
  const state = model.stateOf(id)
  return state === 'active' || state === 'archived' ? linesOf(store, id) : []
}

/** The model counts lines, a store ordinals. */
export const redact = fc
  .record({ thread: livingThread, place: fc.nat(5) })
  .map(({ thread, place }) =>
    verb('redact', async ({ store }, model) => {
      const id = thread(model)
      const lines = await linesNow(store, model, id)
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

export const forksIn = ({ fork }: WhatIsSupported): fc.Arbitrary<ForksMode> =>
  fork ? fc.constantFrom(...forksModes) : fc.constant('refuse' as const)

/** Who died or waits; of a repeat the model says nothing. */
export const goneOf = ({ threadIds }: Deletion): readonly string[] => [...threadIds].sort()

export const remove = (supports: WhatIsSupported): fc.Arbitrary<Verb> =>
  fc
    .record({
      threads: fc.array(supports.schedule ? fc.oneof(livingThread, waitingThread) : livingThread, {
        minLength: 1,
        maxLength: 2,
      }),
      forks: forksIn(supports),
      delayMs: supports.schedule ? fc.option(hours, { freq: 2, nil: undefined }) : never,
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
      apply: (later) => restoreThread(later, id),
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
