// `level/` is gone: a missing mount, an `rm -r`, a restore of half a folder. It held what nothing else holds, so an
// open that quietly began anew would lose names, wake the dead and break every proof. Open refuses; repair rebuilds
// what the rollouts and tombstones know, and says what it could not.

import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { repairStore, verifyReceipt } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import {
  canaryOf,
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

const a = testId(1)
const fork = testId(2)
const archived = testId(3)
const dead = testId(4)

async function filled() {
  const root = path.join(scratch(), 'root')
  const store = await open(root)
  for (const id of [a, archived, dead]) {
    await store.createThread({ threadId: id, cwd: '/w', name: `name of ${id}` })
    await store.appendItems(id, [say(id === dead ? canaryOf('dead') : 'one')])
  }
  await store.forkThread(a, { newThreadId: fork })
  await store.archiveThreads([archived])
  const aside = path.join(scratch(), 'aside')
  mkdirSync(aside)
  const file = rolloutOf(root, dead)
  const kept = path.join(aside, path.basename(file))
  copyFileSync(file, kept)
  const { receipt } = await store.deleteThread(dead)
  const { publicKey } = store
  await store.close()
  return { root, receipt: receipt!, publicKey, file, kept, aside }
}

describe('LevelDB’s folder is lost', () => {
  for (const [title, empty] of [
    ['removed', false],
    ['empty', true],
  ] as const) {
    it(`${title}: open refuses, again and again, and makes no new one`, async () => {
      const { root } = await filled()
      rmSync(levelFolder(root), { recursive: true })
      if (empty) mkdirSync(levelFolder(root))
      for (let n = 0; n < 3; n += 1) {
        const error = await refusal(open(root), 'JOURNAL_GAP')
        expect(error.detail.reason).toBe('level-missing')
      }
      // Nor does a lost anchor make it look like a new store.
      rmSync(path.join(root, '.cenotaph', 'anchor.json'))
      await refusal(open(root), 'JOURNAL_GAP')
    })
  }

  it('repair brings every line back and nobody who is dead, and names what is lost', async () => {
    const { root, receipt, publicKey, file, kept, aside } = await filled()
    rmSync(levelFolder(root), { recursive: true })
    // A restore from elsewhere brought a dead thread's rollout back.
    mkdirSync(path.dirname(file), { recursive: true })
    copyFileSync(kept, file)
    const planned = await repairStore(root, { ballastBytes: 4096 }, { dryRun: true })
    expect(rolloutsOf(root, dead)).toHaveLength(1)
    await refusal(open(root), 'JOURNAL_GAP')
    const report = await repairStore(root, { ballastBytes: 4096 })
    expect([...report.rebuilt].sort()).toEqual([...planned.rebuilt].sort())
    expect([...report.rebuilt].sort()).toEqual([a, fork, archived])
    const lost = report.lost.map(({ what, threadId }) => `${what} ${threadId}`)
    for (const id of report.rebuilt) expect(lost).toContain(`name ${id}`)
    expect(lost).toContain('event-log null')

    const store = await open(root)
    expect(await textsOf(store, a)).toEqual(['one'])
    expect(await textsOf(store, fork)).toEqual(['one'])
    expect((await store.status(archived)).state).toBe('archived')
    expect(rolloutsOf(root, dead)).toEqual([])
    expect(filesHolding(root, canaryOf('dead'))).toEqual([])
    await refusal(store.readThread(dead), 'THREAD_DELETED')
    const imported = await store.importRollouts([aside])
    expect(imported.skipped.map(({ reason }) => reason)).toEqual(['deleted'])
    // The receipt is the same, and still verifies with the same key.
    const again = await store.deleteThread(dead)
    expect(again.receipt).toEqual(receipt)
    expect(verifyReceipt(again.receipt, publicKey).ok).toBe(true)
    expect(store.publicKey).toBe(publicKey)
    // A fork that was by reference is one, and its base refuses to die alone.
    await refusal(store.deleteThread(a), 'THREAD_HAS_FORKS')
    expect((await store.verify()).problems).toEqual([])
    const events: string[] = []
    for await (const { type } of store.events()) events.push(type)
    expect(events.at(-1)).toBe('store.repaired')
  })
})
