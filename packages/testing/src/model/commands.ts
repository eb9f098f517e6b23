// fast-check commands for the public operations of a thread store. A command picks its threads by number among all ids
// that were ever used and a few that never were, so that every state of a thread is met by every operation.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { WholeThreadStore as ThreadStoreLike } from '../store/thread-store-like.js'
import { compareStore, itemOf, linesOf } from './observe.js'
import type { ForksMode, Refusal, ThreadModel } from './thread-model.js'

/** What runs against the model: a store that may be closed and opened again. */
export interface System {
  store: ThreadStoreLike
  /** Closes and opens again; or, where the system can, loses power in between. */
  reopen(): Promise<void>
}

export type ThreadCommand = fc.AsyncCommand<ThreadModel, System>

const IDS = 9

/** Ids that the commands speak of; UUIDv7 in form. */
export const modelId = (index: number): string =>
  `01900000-0000-7000-8000-${(index % IDS).toString(16).padStart(12, '0')}`

export const modelIds: readonly string[] = Array.from({ length: IDS }, (_, index) => modelId(index))

class Call implements ThreadCommand {
  readonly #text: string
  readonly #apply: (model: ThreadModel) => Refusal
  readonly #run: (store: ThreadStoreLike, model: ThreadModel) => Promise<unknown>

  constructor(
    text: string,
    apply: (model: ThreadModel) => Refusal,
    run: (store: ThreadStoreLike, model: ThreadModel) => Promise<unknown>,
  ) {
    this.#text = text
    this.#apply = apply
    this.#run = run
  }

  check = (): boolean => true

  async run(model: ThreadModel, system: System): Promise<void> {
    // The call is prepared before the model changes, and made after it.
    const run = this.#run(system.store, model)
    const outcome = await run.then(
      () => undefined,
      (error: { code?: unknown; message?: string }) => String(error.code ?? error.message),
    )
    const refused = this.#apply(model)
    if (refused)
      assert(outcome !== undefined && refused.includes(outcome), `${outcome}, not ${refused}`)
    else assert.equal(outcome, undefined)
  }

  toString(): string {
    return this.#text
  }
}

class Reopen implements ThreadCommand {
  check = (): boolean => true
  async run(model: ThreadModel, system: System): Promise<void> {
    await system.reopen()
    await compareStore(system.store, model, modelIds)
  }
  toString = (): string => 'reopen()'
}

class Compare implements ThreadCommand {
  check = (): boolean => true
  async run(model: ThreadModel, system: System): Promise<void> {
    await compareStore(system.store, model, modelIds)
  }
  toString = (): string => 'compare()'
}

const short = (id: string): string => `#${Number.parseInt(id.slice(-2), 16)}`

const id = fc.nat(IDS - 1).map(modelId)
const text = fc.string({ maxLength: 20 }).map((noise) => `text ${noise}`)
const name = fc.string({ maxLength: 8 }).map((noise) => `name ${noise.replaceAll(/[\r\n\0]/g, '')}`)
const marks = ['hold', 'unhold', 'pin', 'unpin'] as const
const modes: readonly ForksMode[] = ['refuse', 'detach', 'cascade']

const create = fc.record({ id, name, parent: fc.option(id, { nil: null, freq: 2 }) }).map(
  ({ id, name, parent }) =>
    new Call(
      `create(${short(id)}, parent ${parent && short(parent)})`,
      (model) => model.create(id, { name, parent }),
      (store) =>
        store.createThread({
          threadId: id,
          name,
          cwd: '/work',
          ...(parent === null ? {} : { parentThreadId: parent }),
        }),
    ),
)

const append = fc
  .record({ id, texts: fc.array(text, { minLength: 1, maxLength: 3 }), buffered: fc.boolean() })
  .map(
    ({ id, texts, buffered }) =>
      new Call(
        `append(${short(id)}, ${texts.length}${buffered ? ', buffered' : ''})`,
        (model) => model.append(id, texts),
        async (store) => {
          const durability = buffered ? 'buffered' : 'durable'
          await store.appendItems(id, texts.map(itemOf), { durability })
          if (buffered) await store.flush(id)
        },
      ),
  )

const rename = fc.record({ id, name }).map(
  ({ id, name }) =>
    new Call(
      `rename(${short(id)})`,
      (model) => model.rename(id, name),
      (store) => store.renameThread(id, name),
    ),
)

const mark = fc.record({ id, mark: fc.constantFrom(...marks) }).map(
  ({ id, mark }) =>
    new Call(
      `${mark}(${short(id)})`,
      (model) => model.mark(id, mark),
      (store) => (mark === 'hold' ? store.holdThread(id, 'on hold') : store[`${mark}Thread`](id)),
    ),
)

const archive = fc.record({ id, archived: fc.boolean() }).map(
  ({ id, archived }) =>
    new Call(
      `${archived ? 'archive' : 'unarchive'}(${short(id)})`,
      (model) => model.archive(id, archived),
      (store) => (archived ? store.archiveThreads([id]) : store.unarchiveThreads([id])),
    ),
)

const fork = fc
  .record({ id, newId: id, copy: fc.boolean(), name: fc.option(name, { nil: null }) })
  .map(
    ({ id, newId, copy, name }) =>
      new Call(
        `fork(${short(id)} as ${short(newId)}${copy ? ', copy' : ''})`,
        (model) => model.fork(id, newId, { copy, name }),
        (store) =>
          store.forkThread(id, { newThreadId: newId, copy, ...(name === null ? {} : { name }) }),
      ),
  )

const redact = fc.record({ id, line: fc.nat(5) }).map(
  ({ id, line }) =>
    new Call(
      `redact(${short(id)}, line ${line})`,
      (model) => model.redact(id, line),
      async (store, model) => {
        // The model counts lines, a store ordinals.
        const read = model.threads.has(id) ? await linesOf(store, id) : []
        await store.redactItems(id, [read[line]?.ordinal ?? 1_000_000], 'pasted by mistake')
      },
    ),
)

const remove = fc
  .record({ ids: fc.array(id, { minLength: 1, maxLength: 2 }), forks: fc.constantFrom(...modes) })
  .map(({ ids, forks }) => {
    let result: { state: string; threadIds: readonly string[] } | undefined
    return new Call(
      `delete(${ids.map(short)}, ${forks})`,
      (model) => {
        const { refused, gone } = model.delete(ids, forks)
        // A repeat answers with what the first delete took.
        if (!refused && gone.length > 0) {
          assert.equal(result?.state, 'deleted')
          assert.deepEqual([...result.threadIds].sort(), [...gone].sort())
        }
        return refused
      },
      async (store) => {
        result = await store.deleteThreads(ids, { forks })
      },
    )
  })

const checkpoint = fc.constant(
  new Call(
    'checkpoint()',
    () => undefined,
    (store) => store.checkpoint(),
  ),
)

export interface CommandOptions {
  /** At most so many commands in a run. Default 50. */
  readonly maxCommands?: number
}

/** Arbitrary programs of a thread store's operations. */
export const threadCommands = ({
  maxCommands = 50,
}: CommandOptions = {}): fc.Arbitrary<Iterable<ThreadCommand>> =>
  fc.commands(
    [
      create,
      create,
      append,
      append,
      fork,
      rename,
      mark,
      archive,
      redact,
      remove,
      checkpoint,
      fc.constant(new Reopen()),
      fc.constant(new Compare()),
    ],
    { maxCommands, size: 'max' },
  )
