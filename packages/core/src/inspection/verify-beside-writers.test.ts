// A verification of a store that is in use: what changes while it reads is no damage.

import { describe, expect, it } from 'vitest'
import { message, withStore } from '../store.fixture.js'

const VERIFICATIONS = 25

describe('verify beside writers', () => {
  it('finds the log of events whole, and the receipt of every delete that is done', async () => {
    await withStore(async (store) => {
      const kept = await store.createThread()
      await store.appendItems(kept, [message('stays')])
      let over = false
      let renames = 0
      let deletes = 0
      const rename = async (): Promise<void> => {
        for (; !over; renames += 1) await store.renameThread(kept, `name ${renames}`)
      }
      const remove = async (): Promise<void> => {
        for (; !over; deletes += 1) {
          const id = await store.createThread()
          await store.appendItems(id, [message('goes')])
          expect((await store.deleteThread(id)).state).toBe('deleted')
        }
      }
      const writers = Promise.all([rename(), remove()])
      const found: string[] = []
      for (let run = 0; run < VERIFICATIONS || renames < VERIFICATIONS || deletes < 3; run += 1) {
        const { problems } = await store.verify()
        found.push(...problems.map(({ code }) => code))
      }
      over = true
      await writers
      expect(found.filter((code) => /^(EVENT_|RECEIPT_)/.test(code))).toEqual([])
      expect(renames).toBeGreaterThanOrEqual(VERIFICATIONS)
      expect(deletes).toBeGreaterThan(1)
    })
  })
})
