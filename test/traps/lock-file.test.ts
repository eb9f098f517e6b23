// POSIX drops a process's lock when it closes any descriptor of the locked file. A scan that reads `level/LOCK` lets a
// second process in, and then acknowledged data vanishes. So nothing opens it: not the scan of a delete, not verify,
// not an export, an import, a checkpoint, a reopen or a repair that was refused.

import { symlinkSync } from 'node:fs'
import path from 'node:path'
import { openThreadStore, repairStore } from '@cenotaph/core'
import { type Disk, nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { secondProcess } from './second-process.fixture.js'
import { open, refusal, rolloutOf, say, scratch, textsOf } from './store.fixture.js'

describe('the process that has the store open opens it again', () => {
  it('is refused, by whatever path it comes, and keeps the lock that other processes see', async () => {
    const folder = scratch()
    const root = path.join(folder, 'root')
    const store = await open(root)
    await store.createThread({ threadId: testId(1), cwd: '/w' })
    const alias = path.join(folder, 'alias')
    symlinkSync(root, alias)
    for (const name of [root, alias, `${root}/../root/`]) {
      await refusal(openThreadStore(name), 'STORE_LOCKED')
      await refusal(repairStore(name), 'STORE_LOCKED')
      expect(await secondProcess(root)).toBe('STORE_LOCKED')
    }
    await store.appendItems(testId(1), [say('acknowledged')])
    await store.close()
    // The folder is free again once the store is closed, also after an open that failed.
    const again = await open(alias)
    expect(await textsOf(again, testId(1))).toEqual(['acknowledged'])
  })
})

describe('the store’s own process has read everything under its root', () => {
  it('a second process still finds it locked, and what was acknowledged is there', async () => {
    const root = path.join(scratch(), 'root')
    const opened: string[] = []
    const watching: Disk = {
      ...nodeDisk,
      openRead: (name) => {
        opened.push(name)
        return nodeDisk.openRead(name)
      },
      openWrite: (name) => {
        opened.push(name)
        return nodeDisk.openWrite(name)
      },
    }
    const store = await open(root, { disk: watching })
    for (const n of [1, 2]) {
      await store.createThread({ threadId: testId(n), cwd: '/w' })
      await store.appendItems(testId(n), [say('one')])
    }
    const result = await store.deleteThread(testId(1))
    expect(result.receipt?.verification?.scannedFiles).toBeGreaterThan(4)
    expect((await store.verify()).ok).toBe(true)
    await store.checkpoint()
    await store.exportThreads([testId(2)], { format: 'jsonl', to: path.join(scratch(), 'out') })
    await store.importRollouts([path.dirname(rolloutOf(root, testId(2)))])
    await refusal(repairStore(root), 'STORE_LOCKED')
    await store.appendItems(testId(2), [say('acknowledged')])

    expect(await secondProcess(root)).toBe('STORE_LOCKED')
    await store.reopen()
    expect(await secondProcess(root)).toBe('STORE_LOCKED')
    await store.appendItems(testId(2), [say('acknowledged too')])
    await store.close()
    expect(await secondProcess(root)).toBe('opened')
    const again = await open(root)
    expect(await textsOf(again, testId(2))).toEqual(['one', 'acknowledged', 'acknowledged too'])
    expect(opened.length).toBeGreaterThan(20)
    expect(opened.filter((name) => path.basename(name) === 'LOCK')).toEqual([])
  })
})
