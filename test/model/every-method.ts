// Which methods of the engine's store the programs of the model have called, so that nobody has to believe it.

import { ThreadStore } from '@cenotaph/core'
import type { OpenedSystem, ThreadStoreLike } from '@cenotaph/testing'

/** What no verb calls, and why. */
export const leftOut: Readonly<Record<string, string>> = {
  root: 'a value that the caller gave',
  failure: 'nothing fails here; test/simulation and test/syscalls make it fail',
  close: 'what a program ends with',
  reopen: 'what a program does between its calls, or a power cut instead',
  deleteThread: 'deleteThreads with one id',
  registerParticipant: 'code of the host; packages/core/src/participants',
  participants: 'what was registered so',
  forgetParticipant: 'what was registered so',
}

/** Protected, and so nobody's verbs. */
const inner = ['constructor', 'context', 'writable', 'refuseLost']

/** Methods and getters of a store, and of what it extends. */
export function publicMembers(): string[] {
  const names = ['root']
  for (let one = ThreadStore.prototype; one !== Object.prototype; one = Object.getPrototypeOf(one))
    names.push(...Object.getOwnPropertyNames(one))
  return [...new Set(names)].filter((name) => !inner.includes(name)).sort()
}

/** The same system, with names of members noted as they are asked for. */
export function noting(called: Set<string>, opened: OpenedSystem): OpenedSystem {
  const noted = new WeakMap<ThreadStoreLike, ThreadStoreLike>()
  const around = (store: ThreadStoreLike): ThreadStoreLike =>
    new Proxy(store, {
      get(_target, name) {
        called.add(String(name))
        const member = Reflect.get(store, name, store)
        return typeof member === 'function' ? member.bind(store) : member
      },
    })
  return Object.defineProperty({ ...opened }, 'store', {
    get() {
      const { store } = opened
      const known = noted.get(store) ?? around(store)
      noted.set(store, known)
      return known
    },
  }) as OpenedSystem
}
