// A backup runs while threads are deleted, and is restored after more deletes. A snapshot would void every erasure for
// as long as it is open, reading LOCK would give the store away, and a restore would wake the dead.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { restoreBackup } from '@cenotaph/core'
import { nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { scanRoot } from '../support/scan-root.js'
import { testId } from '../support/thread-ids.js'
import { secondProcess } from './second-process.fixture.js'
import { open, refusal, say, scratch, textsOf } from './store.fixture.js'

const canary = (n: number): string => `cnry${String(n).padStart(12, '0')}`

describe('a backup of a store in use', () => {
  it('opens no LOCK and keeps no delete waiting: each is erased and verified while the copy runs', async () => {
    const folder = scratch()
    const root = path.join(folder, 'root')
    const opened: string[] = []
    const receipts: unknown[] = []
    const watching = {
      ...nodeDisk,
      openRead: (name: string) => {
        opened.push(path.basename(name))
        return nodeDisk.openRead(name)
      },
    }
    let next = 1
    const store = await open(root, {
      disk: watching,
      crashPoint: async (name: string) => {
        if (name !== 'backup.thread:after' || next > 6) return
        const id = testId(next)
        next += 2
        receipts.push((await store.deleteThread(id)).receipt)
      },
    })
    for (let n = 1; n <= 6; n += 1) {
      await store.createThread({ threadId: testId(n), cwd: '/w', name: `${canary(n)} in a name` })
      await store.appendItems(testId(n), [say(`${canary(n)} in a text`)])
    }
    const dir = path.join(folder, 'copy')
    const made = await store.backup(dir)
    expect(receipts).toHaveLength(3)
    for (const receipt of receipts) {
      expect(receipt).toMatchObject({
        state: 'erased',
        verification: { mode: 'probes', residue: 0 },
      })
    }
    expect(opened).not.toContain('LOCK')
    expect(await secondProcess(root)).toBe('STORE_LOCKED')
    expect(made.threads).toBe(3)
    // Neither the store nor the copy has a byte of the dead.
    for (const place of [root, dir]) {
      const { found } = await scanRoot(place)
      expect([...found.keys()].sort()).toEqual([2, 4, 6].map(canary))
    }
    await store.close()
  })

  it('does not wake who died after it, in whatever root it is restored', async () => {
    const folder = scratch()
    const root = path.join(folder, 'root')
    const store = await open(root)
    for (const n of [1, 2]) {
      await store.createThread({ threadId: testId(n), cwd: '/w' })
      await store.appendItems(testId(n), [say(`text ${n}`)])
    }
    const dir = path.join(folder, 'copy')
    await store.backup(dir)
    await store.deleteThread(testId(1))
    await store.close()
    await restoreBackup(dir, root)
    const empty = path.join(folder, 'empty')
    mkdirSync(empty)
    await refusal(restoreBackup(dir, empty), 'TOMBSTONES_REQUIRED')
    const tombstones = path.join(root, '.cenotaph', 'tombstones')
    await restoreBackup(dir, empty, { tombstones })
    for (const place of [root, empty]) {
      const again = await open(place)
      await refusal(again.readThread(testId(1)), 'THREAD_DELETED')
      expect(await textsOf(again, testId(2))).toEqual(['text 2'])
      await again.close()
    }
  })
})
