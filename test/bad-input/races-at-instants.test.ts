// Races placed by hand: at every named instant of one operation another one begins. Whatever the order in which
// they are then served, a dead thread stays dead, its delete takes along what was spawned, and nothing is torn.

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { crashPoints, isStoreError, type ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { filesUnder } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { scratch } from '../support-fixtures/scratch.fixture.js'
import { codeOf, livingIds, textItem, textsOf } from '../support-fixtures/store-state.fixture.js'

const { folder, open } = scratch({ inMemory: true })
const [victim, newcomer, bystander] = [1, 2, 3].map(threadIdOf) as [string, string, string]

const victimFolder = '/of/the/victim'

type Deed = (store: ThreadStore, source: string) => Promise<unknown>

const deeds: Readonly<Record<string, Deed>> = {
  spawn: (store) => store.createThread({ threadId: newcomer, parentThreadId: victim }),
  'fork by reference': (store) => store.forkThread(victim, { newThreadId: newcomer }),
  'fork by copy': (store) => store.forkThread(victim, { newThreadId: newcomer, copy: true }),
  append: (store) => store.appendItems(victim, [textItem('late')]),
  'buffered append': (store) =>
    store.appendItems(victim, [textItem('late')], { durability: 'buffered' }),
  rename: (store) => store.renameThread(victim, 'late name'),
  archive: (store) => store.archiveThreads([victim]),
  resume: (store) => store.resumeThread(victim),
  'create again': (store) => store.createThread({ threadId: victim }),
  import: (store, source) => store.importRollouts([source]),
  checkpoint: (store) => store.checkpoint(),
  compress: (store) => store.compressThreads([victim]),
  hold: (store) => store.holdThread(victim, 'late'),
  delete: (store) => store.deleteThread(victim, { forks: 'cascade' }),
  'delete by selection': (store) =>
    store.deleteThreads({ cwd: victimFolder }, { forks: 'cascade' }),
  'delete of an overlapping set': (store) =>
    store.deleteThreads([newcomer, victim], { forks: 'cascade' }).catch(async (error) => {
      // The newcomer is there in some of the races only.
      if (!isStoreError(error, 'THREAD_NOT_FOUND')) throw error
      await store.deleteThreads([victim], { forks: 'cascade' })
    }),
}

async function writeSource(root: string): Promise<string> {
  const file = path.join(root, `rollout-2026-11-20T10-20-30-${newcomer}.jsonl`)
  const at = '2026-11-20T10:20:30.000Z'
  const payload = {
    id: newcomer,
    parent_thread_id: victim,
    timestamp: at,
    cwd: victimFolder,
    originator: 'x',
    cli_version: '0',
  }
  await writeFile(file, `${JSON.stringify({ timestamp: at, type: 'session_meta', payload })}\n`)
  return file
}

/** Runs `first`, and at its instant `point` begins `second`, which then goes on by itself. */
async function race(point: string, first: Deed, second: Deed) {
  const root = await folder()
  const source = await writeSource(root)
  let begun: Promise<unknown> | undefined
  let armed = false
  const store = await open(path.join(root, 'store'), {
    async crashPoint(name) {
      if (name !== point || begun || !armed) return
      begun = codeOf(() => second(store, source))
      // Long enough for the second to reach the lock that it waits for.
      for (let turn = 0; turn < 4; turn += 1) await new Promise(setImmediate)
    },
  })
  await store.createThread({ threadId: victim, name: 'victim', cwd: victimFolder })
  await store.createThread({ threadId: bystander })
  await store.appendItems(victim, [textItem('early')])
  await store.appendItems(bystander, [textItem('mine')])
  armed = true
  const firstCode = await codeOf(() => first(store, source))
  const secondCode = await begun
  return { store, firstCode, secondCode, reached: begun !== undefined }
}

// One instant on each side of every durable effect; the others lie between the same two effects.
const deletePoints = [
  'intend:before',
  'intend:after',
  'unlink:after',
  'scrub:after',
  'settle:before',
]
  .map((instant) => `delete.${instant}`)
  .filter((point) => crashPoints.includes(point))
const allowed = new Set(['resolved', 'THREAD_DELETED', 'THREAD_ARCHIVED'])

describe('at every instant of a delete', () => {
  it('there are instants', () => {
    expect(deletePoints.length).toBe(5)
  })

  const pairs = Object.keys(deeds).flatMap((name) =>
    ['delete', 'delete by selection'].map((first) => [first, name] as const),
  )
  it.each(pairs)('%s: %s begins, and the dead stay dead', async (first, name) => {
    let reached = 0
    for (const point of deletePoints) {
      const run = await race(point, deeds[first]!, deeds[name]!)
      if (!run.reached) continue
      reached += 1
      const label = `${name} at ${point}`
      const { store } = run
      expect(run.firstCode, label).toBe('resolved')
      expect(allowed, `${label}: ${run.secondCode}`).toContain(run.secondCode)
      await store.flush().catch(() => {})
      const copied = name === 'fork by copy' && run.secondCode === 'resolved'
      expect((await livingIds(store)).sort(), label).toEqual(
        copied ? [newcomer, bystander].sort() : [bystander],
      )
      const files = (await filesUnder(store.root)).filter((file) => file.includes('.jsonl'))
      expect(files, label).toHaveLength(copied ? 2 : 1)
      expect(await codeOf(() => store.readThread(victim)), label).toBe('THREAD_DELETED')
      expect(await textsOf(store, bystander), label).toEqual(['mine'])
      expect((await store.verify()).problems, label).toEqual([])
      await store.close()
    }
    expect(reached).toBe(deletePoints.length)
  })
})

const makers = [
  ['spawn', 'create.'],
  ['fork by reference', 'fork.'],
  ['fork by copy', 'fork.'],
  ['archive', 'archive.'],
  ['rename', 'rename.'],
  ['append', 'append.'],
  ['compress', 'compress.'],
  ['import', 'import.'],
] as const

describe('at every instant of another operation', () => {
  const pairs = makers.flatMap((maker) =>
    ['delete', 'delete by selection', 'delete of an overlapping set'].map(
      (second) => [...maker, second] as const,
    ),
  )
  it.each(pairs)(
    '%s (%s): a %s begins, and takes everything along',
    async (name, prefix, second) => {
      let reached = 0
      for (const point of crashPoints) {
        if (!point.startsWith(prefix)) continue
        const run = await race(point, deeds[name]!, deeds[second]!)
        if (!run.reached) {
          await run.store.close()
          continue
        }
        reached += 1
        const label = `${name} with a delete at ${point}`
        const { store } = run
        expect(allowed, `${label}: ${run.firstCode}`).toContain(run.firstCode)
        expect(run.secondCode, label).toBe('resolved')
        expect(await livingIds(store), label).toEqual([bystander])
        const files = (await filesUnder(store.root)).filter((file) => file.includes('.jsonl'))
        expect(files, label).toHaveLength(1)
        expect((await store.verify()).problems, label).toEqual([])
        await store.close()
      }
      expect(reached).toBeGreaterThan(1)
    },
  )
})
