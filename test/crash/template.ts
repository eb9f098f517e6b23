// The store that every crash starts from: made once, copied for each kill. It holds a thread of every kind that an
// operation can meet, with canaries in every text, name and path.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import type { Canaries } from '../support/canary.js'
import { writeCompressedSource, writeSource } from '../support/rollout-source.js'
import { listedIds, type Survey, surveyStore } from '../support/survey.js'
import { message, testId } from '../support/thread-ids.js'

export const ids = {
  plain: testId(1),
  archived: testId(2),
  compressed: testId(3),
  treeRoot: testId(4),
  child: testId(5),
  otherChild: testId(6),
  grandchild: testId(7),
  base: testId(8),
  reference: testId(9),
  copy: testId(10),
  secondReference: testId(11),
  imported: testId(12),
  // What a program makes.
  created: testId(20),
  newReference: testId(21),
  newCopy: testId(22),
  newImport: testId(23),
} as const

export const allIds: readonly string[] = Object.values(ids)

/** Hosts that programs know. */
export const participantNames = ['index', 'memories'] as const

export const storeOptions = {
  ballastBytes: 4096,
  quietMs: 3_600_000,
  bufferedMs: 3_600_000,
} as const

export interface Template {
  readonly root: string
  /** A rollout that the store does not know. */
  readonly newSource: string
  /** A longer version of a rollout that the store has. */
  readonly longerSource: string
  /** The survey of the template itself. */
  readonly known: Survey
  /** Stored lines of the template, times included. */
  readonly lines: ReadonlySet<string>
}

export async function buildTemplate(folder: string, canaries: Canaries): Promise<Template> {
  const root = path.join(folder, 'template')
  const sources = path.join(folder, 'sources')
  mkdirSync(sources)
  const compressed = await writeCompressedSource(path.join(sources, 'compressed'), {
    threadId: ids.compressed,
    cwd: `/work/${canaries.next()}`,
    messages: [canaries.next(), canaries.next()],
  })
  const imported = {
    threadId: ids.imported,
    cwd: `/work/${canaries.next()}`,
    messages: [canaries.next()],
  }
  const shorter = writeSource(path.join(sources, 'shorter'), imported)
  const longerSource = writeSource(path.join(sources, 'longer'), {
    ...imported,
    messages: [...imported.messages, canaries.next(), canaries.next()],
  })
  const newSource = writeSource(path.join(sources, 'new'), {
    threadId: ids.newImport,
    cwd: `/work/${canaries.next()}`,
    messages: [canaries.next()],
  })

  const store = await openThreadStore(root, storeOptions)
  const create = async (threadId: string, parentThreadId?: string): Promise<void> => {
    await store.createThread({
      threadId,
      cwd: `/work/${canaries.next()}`,
      name: canaries.next(),
      meta: { base_instructions: { text: canaries.next() } },
      ...(parentThreadId === undefined ? {} : { parentThreadId }),
    })
    await store.appendItems(threadId, [message(canaries.next()), message(canaries.next())])
  }
  await create(ids.plain)
  await create(ids.archived)
  await store.archiveThreads([ids.archived])
  await create(ids.treeRoot)
  await create(ids.child, ids.treeRoot)
  await create(ids.otherChild, ids.treeRoot)
  await create(ids.grandchild, ids.child)
  await create(ids.base)
  // The base's last line is not inherited, so it has to go with the base.
  await store.forkThread(ids.base, { newThreadId: ids.reference, throughOrdinal: 1 })
  await store.appendItems(ids.reference, [message(canaries.next())])
  await store.forkThread(ids.base, { newThreadId: ids.copy, throughOrdinal: 1, copy: true })
  await store.forkThread(ids.reference, { newThreadId: ids.secondReference })
  await store.appendItems(ids.secondReference, [message(canaries.next())])
  await store.importRollouts([compressed, shorter])
  const lines = new Set<string>()
  for (const id of await listedIds(store)) {
    for await (const item of store.listItems(id)) lines.add(Buffer.from(item.line).toString())
  }
  const known = await surveyStore(store, allIds, lines)
  await store.close()
  return { root, newSource, longerSource, known, lines }
}
