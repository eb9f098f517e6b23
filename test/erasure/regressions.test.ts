// Texts that once outlived their thread, each as the shortest history that shows it.

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Canaries, seededRandom, TOKEN_BYTES } from '../support/canary.js'
import { rolloutText, writeSource } from '../support/rollout-source.js'
import { scanRoot } from '../support/scan-root.js'
import { removeFolder, temporaryFolder } from '../support/temporary-folder.js'
import { message, testId } from '../support/thread-ids.js'
import { historyOptions } from './history.js'

const canaries = new Canaries(seededRandom(3))
const token = (canary: string): string => canary.slice(0, TOKEN_BYTES)

let folder: string
let root: string
let store: ThreadStore

beforeEach(async () => {
  folder = temporaryFolder()
  root = path.join(folder, 'root')
  store = await openThreadStore(root, historyOptions)
})
afterEach(async () => {
  await store.close()
  removeFolder(folder)
})

describe('after a delete', () => {
  it('a fork that was cut before the first message does not show it', async () => {
    const text = canaries.next()
    await store.createThread({ threadId: testId(1), cwd: '/work' })
    await store.appendItems(testId(1), [message(text)])
    await store.forkThread(testId(1), { newThreadId: testId(2), throughOrdinal: 0 })
    await store.forkThread(testId(1), { newThreadId: testId(3), throughOrdinal: 1 })
    await store.forkThread(testId(1), { newThreadId: testId(4), throughOrdinal: 0, copy: true })
    expect((await store.readThread(testId(2)))?.preview).toBe(null)
    expect((await store.readThread(testId(3)))?.preview).toBe(text)
    expect((await store.readThread(testId(4)))?.preview).toBe(null)
    await store.deleteThread(testId(3))
    await store.deleteThread(testId(1), { forks: 'detach' })
    expect((await scanRoot(root)).found.has(token(text))).toBe(false)
  })

  it('no directory is left that the thread had before', async () => {
    const [before, after] = [`/work/${canaries.next()}`, `/work/${canaries.next()}`]
    const threadId = testId(1)
    const sources = path.join(folder, 'sources')
    const first = { threadId, cwd: before, messages: ['one'] }
    await store.importRollouts([writeSource(sources, first)])
    // A reverted thread goes on in another rollout, here from another directory.
    const name = `rollout-2025-03-05T05-06-07-${threadId}_${testId(9)}.jsonl`
    const later = rolloutText({ threadId, cwd: after, messages: ['two'] })
    writeFileSync(path.join(sources, name), later)
    const report = await store.importRollouts([sources])
    expect(report).toMatchObject({ imported: [{ threadId }], skipped: [] })
    expect((await store.readThread(threadId))?.cwd).toBe(after)
    expect((await store.deleteThread(threadId)).state).toBe('deleted')
    const { found } = await scanRoot(root)
    for (const cwd of [before, after]) {
      expect(found.has(token(cwd.slice('/work/'.length)))).toBe(false)
    }
  })

  it('two deletes at once that share a directory are both done', async () => {
    for (let round = 0; round < 10; round += 1) {
      const cwd = `/work/${canaries.next()}`
      const pair = [testId(10 + 2 * round), testId(11 + 2 * round)]
      for (const threadId of pair) {
        await store.createThread({ threadId, cwd, name: canaries.next() })
        await store.appendItems(threadId, [message(canaries.next())])
      }
      const results = await Promise.all(pair.map((threadId) => store.deleteThread(threadId)))
      expect(results.map(({ state }) => state)).toEqual(['deleted', 'deleted'])
    }
    const { found } = await scanRoot(root)
    expect([...canaries.tokens].filter((one) => found.has(one))).toEqual([])
  })
})
