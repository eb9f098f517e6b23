// Live writers: a thread is taken for writing, written through its recorder, and let go. A recorder may be asked long
// after it was given: when its thread is archived, hidden, or dead.

import fc from 'fast-check'
import type { RecorderLike } from '../store/thread-store-like.js'
import { activeThread, newThread } from './choice.js'
import {
  add as addInModel,
  flush as flushInModel,
  resume as resumeInModel,
  shutDown as shutDownInModel,
} from './model-recorders.js'
import { itemOf } from './model-turns.js'
import type { ThreadModel } from './thread-model.js'
import { nothing, type Prepared, short, type Verb, verb } from './verb.js'
import { text } from './verbs.js'

/** A recorder that was given, the newest one most of the time. */
const recorder = fc.constantFrom(0, 0, 0, 1, 1, 2)

/** Undefined where none was given. */
function recorderOf(model: ThreadModel, back: number): number | undefined {
  const keys = [...model.recorders.keys()].sort((a, b) => b - a)
  return keys[Math.min(back, keys.length - 1)]
}

const texts = fc.array(text, { minLength: 1, maxLength: 3 })

/** Asked for another directory than it has, it answers that this is not done. */
export const resume = fc
  .record({ thread: activeThread, elsewhere: fc.boolean() })
  .map(({ thread, elsewhere }) =>
    verb('resume', (system, model) => {
      const [id, key] = [thread(model), system.next()]
      return {
        text: short(id),
        async call() {
          const options = elsewhere ? { cwd: '/elsewhere' } : {}
          const { recorder: given, ignored } = await system.store.resumeThread(id, options)
          system.recorders.set(key, given)
          return ignored.map(({ setting }) => setting)
        },
        apply(later) {
          const said = resumeInModel(later, id, key)
          return said.refused ? said : { answer: elsewhere ? ['cwd'] : [] }
        },
      }
    }),
  )

/** Into the recorder: it is written with the next flush. */
export const add = fc.record({ back: recorder, texts }).map(({ back, texts }) =>
  ofRecorder('add', back, (key, given) => ({
    text: `${texts.length}`,
    call: () => given.add(...texts.map(itemOf)),
    apply: (later) => addInModel(later, key, texts),
  })),
)

export const flush = recorder.map((back) =>
  ofRecorder('flush', back, (key, given) => ({
    text: '',
    call: () => given.flush(),
    apply: (later) => flushInModel(later, key),
  })),
)

export const shutDown = recorder.map((back) =>
  ofRecorder('shutDown', back, (key, given) => ({
    text: '',
    call: () => given.shutdown(),
    apply: (later) => shutDownInModel(later, key),
  })),
)

/** A thread that its recorder creates, with the first lines. */
export const recordNew = fc.record({ newId: newThread, texts }).map(({ newId, texts }) =>
  verb('recordNew', (system, model) => {
    const [threadId, key] = [newId(model), system.next()]
    return {
      text: `${short(threadId)}, ${texts.length}`,
      async call() {
        const create = { threadId, name: 'recorded', cwd: '/work' }
        const given = system.store.recorder({ create })
        await given.add(...texts.map(itemOf))
        await given.persist()
        system.recorders.set(key, given)
      },
      apply(later) {
        const said = later.create(threadId, { name: 'recorded', parent: null })
        if (said.refused) return said
        resumeInModel(later, threadId, key)
        addInModel(later, key, texts)
        return flushInModel(later, key)
      },
    }
  }),
)

/** A call of a recorder that was given; none where there is none. */
const ofRecorder = (
  name: string,
  back: number,
  prepare: (key: number, given: RecorderLike) => Prepared,
): Verb =>
  verb(name, ({ recorders }, model) => {
    const key = recorderOf(model, back)
    const given = key === undefined ? undefined : recorders.get(key)
    if (key === undefined || !given) return nothing
    const { threadId } = model.recorders.get(key)!
    const prepared = prepare(key, given)
    return { ...prepared, text: `of ${short(threadId)}, ${prepared.text}` }
  })
