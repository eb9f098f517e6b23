// All operations that the tests of failing disks run, one after the other, and what each leaves of a store's facts.

import { rm } from 'node:fs/promises'
import path from 'node:path'
import { StoreError, type ThreadStore } from '@cenotaph/core'
import { type Clock, nodeClock } from '@cenotaph/storage'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { type StoreFacts, textItem } from '../support-fixtures/store-state.fixture.js'

export const [base, forked, child, imported, brief] = [1, 2, 3, 4, 5].map(threadIdOf) as [
  string,
  string,
  string,
  string,
  string,
]
const large = 'L'.repeat(4_200)
const pasted = 'a secret that was pasted by mistake'
const hourMs = 3_600_000
let passedMs = 0
/** The real clock, of which hours pass when a date shall have come. */
export const clock: Clock = {
  ...nodeClock,
  wallMs: () => nodeClock.wallMs() + passedMs,
  monotonicMs: () => nodeClock.monotonicMs() + passedMs,
}
export interface Operation {
  readonly name: string
  /** A store in memory refuses it. */
  readonly needsDisk?: true
  /** One commit of LevelDB and no effect of the disk port: there is no call to fail. */
  readonly levelOnly?: true
  run(store: ThreadStore, source: string): Promise<unknown>
  after(before: StoreFacts): StoreFacts
}

const change = (
  facts: StoreFacts,
  id: string,
  fields: Partial<StoreFacts[string]>,
): StoreFacts => ({
  ...facts,
  [id]: { name: null, archived: false, texts: [], ...facts[id], ...fields },
})
const attached = (facts: StoreFacts, id: string, key: string, value: unknown): StoreFacts => {
  const others = (facts[id]?.attachments ?? []).filter(([known]) => known !== key)
  const all = value === undefined ? others : [...others, [key, value] as const]
  const { attachments: _, ...rest } = change(facts, id, {})[id]!
  if (all.length === 0) return { ...facts, [id]: rest }
  return { ...facts, [id]: { ...rest, attachments: all.sort(([a], [b]) => (a < b ? -1 : 1)) } }
}
const added = (facts: StoreFacts, id: string, ...texts: string[]): StoreFacts =>
  change(facts, id, { texts: [...(facts[id]?.texts ?? []), ...texts] })
const without = (facts: StoreFacts, ...ids: string[]): StoreFacts =>
  Object.fromEntries(Object.entries(facts).filter(([id]) => !ids.includes(id)))

export const operations: readonly Operation[] = [
  {
    name: 'create',
    run: (store) => store.createThread({ threadId: base, name: 'base', cwd: '/w' }),
    after: (facts) => change(facts, base, { name: 'base' }),
  },
  {
    name: 'append',
    run: (store) => store.appendItems(base, [textItem('one'), textItem('two')]),
    after: (facts) => added(facts, base, 'one', 'two'),
  },
  {
    name: 'append by reference',
    run: (store) => store.appendItems(base, [textItem(large)]),
    after: (facts) => added(facts, base, large),
  },
  {
    name: 'buffered append and flush',
    run: async (store) => {
      await store.appendItems(base, [textItem('three')], { durability: 'buffered' })
      await store.flush()
    },
    after: (facts) => added(facts, base, 'three'),
  },
  {
    name: 'compress',
    run: (store) => store.compressThreads([base]),
    after: (facts) => facts,
  },
  {
    name: 'append to what is compressed',
    run: (store) => store.appendItems(base, [textItem('plain again')]),
    after: (facts) => added(facts, base, 'plain again'),
  },
  {
    name: 'fork',
    run: (store) => store.forkThread(base, { newThreadId: forked, name: 'fork' }),
    after: (facts) => change(facts, forked, { name: 'fork', texts: facts[base]!.texts }),
  },
  {
    name: 'append to the fork',
    run: (store) => store.appendItems(forked, [textItem('four')]),
    after: (facts) => added(facts, forked, 'four'),
  },
  {
    name: 'rename',
    run: (store) => store.renameThread(base, 'renamed'),
    after: (facts) => change(facts, base, { name: 'renamed' }),
  },
  {
    name: 'spawn',
    run: (store) => store.createThread({ threadId: child, parentThreadId: base }),
    after: (facts) => change(facts, child, {}),
  },
  {
    name: 'append before the hold',
    run: (store) => store.appendItems(forked, [textItem('six')]),
    after: (facts) => added(facts, forked, 'six'),
  },
  {
    name: 'hold',
    run: (store) => store.holdThread(forked, 'kept'),
    after: (facts) => change(facts, forked, { held: true }),
  },
  {
    name: 'schedule',
    levelOnly: true,
    run: (store) => store.deleteThread(child, { in: '30d' }),
    after: (facts) => without(facts, child),
  },
  {
    name: 'restore',
    levelOnly: true,
    run: (store) => store.restoreThreads([child]),
    after: (facts) => change(facts, child, {}),
  },
  {
    name: 'create what has a date',
    run: (store) => store.createThread({ threadId: brief, name: 'brief' }),
    after: (facts) => change(facts, brief, { name: 'brief' }),
  },
  {
    name: 'schedule what will be due',
    levelOnly: true,
    run: (store) => store.deleteThread(brief, { in: '1h' }),
    after: (facts) => without(facts, brief),
  },
  {
    name: 'sweep of what is due',
    async run(store) {
      passedMs += 2 * hourMs
      const { state } = await store.sweep()
      // A disk that is bad keeps a date waiting; the sweep tells, and does not throw.
      if (state !== 'deleted') throw store.failure ?? new StoreError('ERASE_INCOMPLETE', state)
    },
    after: (facts) => facts,
  },
  {
    name: 'append with attachments',
    run: (store) =>
      store.appendItems(base, [textItem('seven')], {
        attachments: [{ kind: 'goal', key: 'a', value: `a ${pasted}` }],
      }),
    after: (facts) => attached(added(facts, base, 'seven'), base, 'a', `a ${pasted}`),
  },
  {
    name: 'put',
    levelOnly: true,
    run: (store) => store.attachments(forked).put('goal', 'b', 'first'),
    after: (facts) => attached(facts, forked, 'b', 'first'),
  },
  {
    name: 'put that erases',
    run: (store) => store.attachments(forked).put('goal', 'b', 'second', { erasePrevious: true }),
    after: (facts) => attached(facts, forked, 'b', 'second'),
  },
  {
    name: 'delete of an attachment',
    run: (store) => store.attachments(forked).delete('goal', 'b'),
    after: (facts) => attached(facts, forked, 'b', undefined),
  },
  {
    name: 'append of what is redacted',
    run: (store) => store.appendItems(base, [textItem(pasted)]),
    after: (facts) => added(facts, base, pasted),
  },
  {
    name: 'redact',
    async run(store) {
      let last = 0
      for await (const { ordinal, line } of store.listItems(base))
        if (Buffer.from(line).includes(pasted)) last = ordinal
      if (last === 0) return
      const { state } = await store.redactItems(base, [last], 'asked for')
      // What is committed and waits for the disk is told by its state, not thrown.
      if (state !== 'deleted')
        throw new StoreError('ERASE_INCOMPLETE', 'waits', { outcome: 'unknown' })
    },
    after: (facts) => {
      const texts = facts[base]!.texts.filter((text) => text !== pasted)
      return attached(change(facts, base, { texts }), base, 'a', undefined)
    },
  },
  {
    name: 'backup',
    needsDisk: true,
    async run(store, source) {
      const folder = path.join(path.dirname(source), 'copy')
      await store.backup(folder).catch(async (error: unknown) => {
        // A copy that could not be finished may lie there still: it is of no use to anybody.
        await rm(folder, { recursive: true, force: true })
        throw error
      })
    },
    after: (facts) => facts,
  },
  {
    name: 'archive',
    run: (store) => store.archiveThreads([base]),
    after: (facts) => change(change(facts, base, { archived: true }), child, { archived: true }),
  },
  {
    name: 'unarchive',
    run: (store) => store.unarchiveThreads([base]),
    after: (facts) => change(change(facts, base, { archived: false }), child, { archived: false }),
  },
  {
    name: 'import',
    async run(store, source) {
      const { skipped } = await store.importRollouts([source])
      // A source that cannot be read is reported, not thrown: the rest of an import goes on.
      if (skipped.length > 0) throw new StoreError('IMPORT_SOURCE_INVALID', skipped[0]!.reason)
    },
    after: (facts) => change(facts, imported, { texts: ['five'] }),
  },
  {
    name: 'delete with detach',
    run: (store) => store.deleteThread(base, { forks: 'detach' }),
    after: (facts) => without(facts, base, child),
  },
  { name: 'checkpoint', run: (store) => store.checkpoint(), after: (facts) => facts },
  { name: 'close', run: (store) => store.close(), after: (facts) => facts },
]
