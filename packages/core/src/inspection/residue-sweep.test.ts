import fs from 'node:fs/promises'
import path from 'node:path'
import { nodeClock } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { message, testOptions, withRoot } from '../store.fixture.js'
import { openThreadStore } from '../store.js'

const DAY_MS = 24 * 60 * 60 * 1000

describe('the weekly search for residue', () => {
  it('is run by a sweep, a week after the last one, across reopens', () =>
    withRoot(async (root) => {
      let nowMs = nodeClock.wallMs()
      const options = { ...testOptions, clock: { ...nodeClock, wallMs: () => nowMs } }
      let store = await openThreadStore(root, options)
      const id = await store.createThread({ cwd: '/w' })
      await store.appendItems(id, [message('x')])
      await store.deleteThread(id)
      await fs.writeFile(path.join(root, '.cenotaph', 'left.txt'), id)
      expect((await store.sweep()).residue).toBeNull()
      nowMs += 6 * DAY_MS
      expect((await store.sweep()).residue).toBeNull()
      await store.close()
      store = await openThreadStore(root, options)
      nowMs += 2 * DAY_MS
      expect((await store.sweep()).residue).toMatchObject({
        problems: [{ code: 'RESIDUE_FOUND', threadId: id }],
      })
      expect((await store.sweep()).residue).toBeNull()
      // A clock that steps back never makes it due again before its time.
      nowMs -= 400 * DAY_MS
      expect((await store.sweep()).residue).toBeNull()
      await store.close()
    }))
})
