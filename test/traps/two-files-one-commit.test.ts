// A delete is written to two places: the tombstone file first, then LevelDB's batch. A crash, a failed batch or a torn
// record between the two leaves a whole set dead or a whole set alive, never a half, and never one that wakes up.

import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { repairStore, type ThreadStore } from '@cenotaph/core'
import { ClassicLevel } from 'classic-level'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import {
  crashCopy,
  filesHolding,
  levelFolder,
  open,
  refusal,
  rolloutOf,
  rolloutsOf,
  say,
  scratch,
  textsOf,
} from './store.fixture.js'

const parent = testId(1)
const child = testId(2)
const other = testId(3)

const tombstonesOf = (root: string): string => path.join(root, '.cenotaph', 'tombstones')

async function fill(store: ThreadStore): Promise<void> {
  await store.createThread({ threadId: parent, cwd: '/w' })
  await store.createThread({ threadId: child, parentThreadId: parent })
  await store.createThread({ threadId: other, cwd: '/w' })
  for (const id of [parent, child, other]) await store.appendItems(id, [say(`text of ${id}`)])
}

/** Copies at the two instants around the batch of a delete. */
async function aroundCommit(): Promise<{ before: string; after: string; clean: string }> {
  const root = path.join(scratch(), 'root')
  const copies: Record<string, string> = {}
  const store = await open(root, {
    crashPoint: (name) => {
      if (name.startsWith('delete.intend:')) copies[name] = crashCopy(root)
    },
  })
  await fill(store)
  const clean = crashCopy(root)
  await store.deleteThread(parent)
  return {
    clean,
    before: copies['delete.intend:before']!,
    after: copies['delete.intend:after']!,
  }
}

async function expectAlive(root: string): Promise<void> {
  const store = await open(root)
  for (const id of [parent, child]) expect(await textsOf(store, id)).toEqual([`text of ${id}`])
  await store.appendItems(child, [say('more')])
  expect((await store.verify()).problems).toEqual([])
  // It can still be deleted, in the same words.
  expect((await store.deleteThread(parent)).state).toBe('deleted')
  await store.close()
  await expectDead(root)
}

async function expectDead(root: string): Promise<void> {
  const store = await open(root)
  for (const id of [parent, child]) {
    await refusal(store.readThread(id), 'THREAD_DELETED')
    expect((await store.status(id)).state).toBe('deleted')
    expect(rolloutsOf(root, id)).toEqual([])
  }
  expect(await textsOf(store, other)).toEqual([`text of ${other}`])
  await store.close()
  expect(filesHolding(root, `text of ${parent}`)).toEqual([])
}

describe('a crash between the tombstone and the batch', () => {
  it('before the batch: LevelDB is sound and decides that everybody lives', async () => {
    const { before, clean } = await aroundCommit()
    expect(statSync(tombstonesOf(before)).size).toBeGreaterThan(statSync(tombstonesOf(clean)).size)
    await expectAlive(before)
  })

  it('after the batch: everybody is dead, and the delete finishes by itself', async () => {
    await expectDead((await aroundCommit()).after)
  })

  it('before the batch, and LevelDB is lost: what was prepared is dead', async () => {
    const { before } = await aroundCommit()
    rmSync(levelFolder(before), { recursive: true })
    await refusal(open(before), 'JOURNAL_GAP')
    await repairStore(before, { ballastBytes: 4096 })
    await expectDead(before)
  })

  it('a torn record, wherever it is torn, is no record: nobody of the set is dead', async () => {
    const { before, clean } = await aroundCommit()
    const begin = statSync(tombstonesOf(clean)).size
    const end = statSync(tombstonesOf(before)).size
    const cuts = [begin + 1, Math.floor((begin + end) / 2), end - 20, end - 1]
    for (const cut of cuts) {
      const copy = crashCopy(before)
      truncateSync(tombstonesOf(copy), cut)
      const store = await open(copy)
      for (const id of [parent, child]) expect(await textsOf(store, id)).toHaveLength(1)
      await store.close()
    }
  })
})

describe('the batch of a delete fails after its tombstone was written', () => {
  for (const [title, applied] of [
    ['and is not there: the set lives after the reopen', false],
    ['and is there all the same: the set is dead after the reopen', true],
  ] as const) {
    it(title, async () => {
      const root = path.join(scratch(), 'root')
      const original = ClassicLevel.prototype.batch
      const spy = vi.spyOn(ClassicLevel.prototype, 'batch')
      onTestFinished(() => spy.mockRestore())
      let armed = true
      const store = await open(root, {
        crashPoint: (name) => {
          if (name !== 'delete.intend:before' || !armed) return
          armed = false
          spy.mockImplementationOnce(async function (this: unknown, ...args: unknown[]) {
            if (applied) await Reflect.apply(original, this, args)
            throw Object.assign(new Error('IO error: injected'), { code: 'LEVEL_IO_ERROR' })
          } as never)
        },
      })
      await fill(store)
      const error = await refusal(store.deleteThread(parent), 'STORE_FAILED')
      expect(error.outcome).toBe('unknown')
      // Nothing more goes to a LevelDB that failed once; reads go on.
      const calls = spy.mock.calls.length
      await refusal(store.appendItems(other, [say('no')]), 'STORE_FAILED')
      expect(spy.mock.calls.length).toBe(calls)
      expect(await textsOf(store, other)).toHaveLength(1)
      await store.reopen()
      if (applied) expect((await store.status(parent)).state).toBe('deleted')
      else expect(await textsOf(store, parent)).toHaveLength(1)
      await store.close()
      if (applied) await expectDead(root)
      else await expectAlive(root)
    })
  }

  it('the tombstone itself cannot be written: nobody dies, and the store says that it failed', async () => {
    const root = path.join(scratch(), 'root')
    const failing = failWhile((call, file) => call === 'sync' && file.endsWith('tombstones'))
    failing.heal()
    const store = await open(root, { disk: failing.disk })
    await fill(store)
    failing.fail()
    await refusal(store.deleteThread(parent), 'STORE_FAILED')
    expect(rolloutOf(root, parent)).toBeTruthy()
    failing.heal()
    await store.reopen()
    const state = (await store.status(parent)).state
    expect(state).toBe('active')
    await store.close()
    await expectAlive(root)
  })
})

describe('the tombstone file is an older one than LevelDB', () => {
  it('open refuses, so that nobody who is dead is taken for unknown; repair knows them from their receipts', async () => {
    const { clean } = await aroundCommit()
    const old = readFileSync(tombstonesOf(clean))
    const folder = path.join(scratch(), 'source')
    const store = await open(clean)
    mkdirSync(folder)
    copyFileSync(
      rolloutOf(clean, parent),
      path.join(folder, path.basename(rolloutOf(clean, parent))),
    )
    await store.deleteThread(parent)
    await store.close()
    writeFileSync(tombstonesOf(clean), old)
    await refusal(open(clean), 'TOMBSTONES_DAMAGED')
    const report = await repairStore(clean, { ballastBytes: 4096 })
    expect(report.lost.map(({ what }) => what)).toContain('tombstones')
    await expectDead(clean)
    const again = await open(clean)
    const imported = await again.importRollouts([folder])
    expect(imported.imported).toEqual([])
    expect(imported.skipped.map(({ reason }) => reason)).toEqual(['deleted'])
  })
})
