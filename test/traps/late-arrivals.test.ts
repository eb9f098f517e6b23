// A delete commits while something else is between its look and its own commit: an append, a fork, a spawn, a
// recorder, an import. None of them brings a thread, a file or a line back.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { isStoreError, type ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import {
  canaryOf,
  filesHolding,
  foreignText,
  open,
  refusal,
  rolloutsOf,
  say,
  scratch,
  writeForeign,
} from './store.fixture.js'

const doomed = testId(1)
const late = testId(2)
const elsewhere = testId(3)

const racers: Record<string, (store: ThreadStore, folder: string) => Promise<unknown>> = {
  'an append': (store) => store.appendItems(doomed, [say(canaryOf('late'))]),
  'a buffered append': (store) =>
    store.appendItems(doomed, [say(canaryOf('late'))], { durability: 'buffered' }),
  'a fork': (store) => store.forkThread(doomed, { newThreadId: late }),
  'a fork by copy': (store) => store.forkThread(doomed, { newThreadId: late, copy: true }),
  'a spawn': (store) => store.createThread({ threadId: late, parentThreadId: doomed }),
  'a rename': (store) => store.renameThread(doomed, canaryOf('late')),
  'an archive': (store) => store.archiveThreads([doomed]),
  'an import of the same thread': (store, folder) => store.importRollouts([folder]),
  'a recorder': async (store) => {
    const recorder = store.recorder({ threadId: doomed })
    await recorder.add(say(canaryOf('late')))
    await recorder.flush()
  },
}

describe('a delete commits while others are under way', () => {
  for (const [name, race] of Object.entries(racers)) {
    for (const point of ['delete.intend:before', 'delete.intend:after', 'delete.settle:before']) {
      it(`${name}, begun at ${point}`, async () => {
        const root = path.join(scratch(), 'root')
        const folder = path.join(scratch(), 'source')
        mkdirSync(folder)
        writeForeign(
          folder,
          { threadId: doomed, messages: [canaryOf('late')] },
          foreignText({ threadId: doomed, messages: [canaryOf('late')] }),
        )
        let racing: Promise<unknown> | undefined
        const store = await open(root, {
          crashPoint: (reached) => {
            if (reached === point) racing ??= race(store, folder).catch((error: unknown) => error)
          },
        })
        await store.createThread({ threadId: doomed, cwd: '/w' })
        await store.appendItems(doomed, [say(canaryOf('early'))])
        const result = await store.deleteThread(doomed)
        expect(result.state).toBe('deleted')
        const outcome = await racing
        expect(racing).toBeDefined()
        if (name.startsWith('an import')) {
          expect(outcome).toMatchObject({ imported: [], skipped: [{ reason: 'deleted' }] })
        } else {
          expect(isStoreError(outcome) ? outcome.code : outcome).toBe('THREAD_DELETED')
        }
        await store.flush()
        await store.close()
        const again = await open(root)
        for (const id of [doomed, late]) expect(rolloutsOf(root, id)).toEqual([])
        expect((await again.listThreads({ includeSubagents: true })).threads).toEqual([])
        await again.close()
        for (const word of ['early', 'late']) expect(filesHolding(root, canaryOf(word))).toEqual([])
      })
    }
  }

  it('an import of a fork of a thread that is being erased does not lean on what is about to go', async () => {
    const root = path.join(scratch(), 'root')
    const folder = path.join(scratch(), 'source')
    const store = await open(root)
    await store.createThread({ threadId: doomed, cwd: '/w' })
    await store.appendItems(doomed, [say('one')])
    await store.deleteThread(doomed)
    writeForeign(folder, {
      threadId: elsewhere,
      firstOrdinal: 2,
      meta: { history_base: { thread_id: doomed, end_ordinal_exclusive: 2, end_byte_offset: 0 } },
      messages: ['two'],
    })
    const report = await store.importRollouts([folder])
    expect(report.damaged.map(({ kind }) => kind)).toContain('missing-base')
    await refusal(store.readThread(doomed), 'THREAD_DELETED')
    expect((await store.verify()).problems.map(({ code }) => code)).toContain(
      'LINEAGE_BASE_MISSING',
    )
  })
})
