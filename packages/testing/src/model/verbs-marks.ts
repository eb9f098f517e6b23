// Operations that change what a thread is to its store, and none of its lines: holds, pins, archives, attachments.

import fc from 'fast-check'
import {
  activeThread,
  archivedThread,
  type Choice,
  heldThread,
  livingThread,
  waitingThread,
} from './choice.js'
import type { WhatIsSupported } from './supports.js'
import { short, type Verb, verb } from './verb.js'

const attachmentKey = fc.constantFrom('a', 'b')

/** Of an attachment. */
export const value = fc.nat(9).map((n) => `value ${n}`)

type Mark = 'hold' | 'unhold' | 'pin' | 'unpin'

const marks = (kind: 'hold' | 'pin', { schedule }: WhatIsSupported) => {
  const one = (thread: fc.Arbitrary<Choice>, ...among: readonly Mark[]) =>
    fc.record({ mark: fc.constantFrom(...among), thread })
  if (kind === 'pin') return fc.oneof(one(livingThread, 'pin', 'unpin'))
  const ofLiving = [one(livingThread, 'hold'), one(heldThread, 'unhold')]
  return fc.oneof(...ofLiving, ...(schedule ? [one(waitingThread, 'hold', 'unhold')] : []))
}

export const mark = (kind: 'hold' | 'pin', supports: WhatIsSupported): fc.Arbitrary<Verb> =>
  marks(kind, supports).map(({ mark, thread }) =>
    verb(mark, ({ store }, model) => {
      const id = thread(model)
      return {
        text: short(id),
        call: () =>
          mark === 'hold' ? store.holdThread(id, 'on hold') : store[`${mark}Thread`](id),
        apply: (later) => later.mark(id, mark),
      }
    }),
  )

export const archive = fc
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

export const attach = fc
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
