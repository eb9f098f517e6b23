import { describe, expect, it } from 'vitest'
import { message, withStore } from '../store.fixture.js'

const text = 'my password is correct-horse-battery-staple-42 and my mail is jane.doe@example.org'

describe('the reason of a delete', () => {
  it.each([
    ['all of the text', text],
    ['a quotation', 'because it said: my password is correct-horse-battery-staple-42'],
    ['a secret alone', 'leaked correct-horse-battery-staple-42'],
    ['an address alone', 'asked for by jane.doe@example.org'],
    ['the name', 'cleaning up Project Nightingale'],
    ['the directory', 'all of /work/nightingale'],
    ['more than 200 characters', 'x'.repeat(201)],
  ])('is refused where it holds %s, and nothing is deleted', (_what, reason) =>
    withStore(async (store) => {
      const id = await store.createThread({ cwd: '/work/nightingale', name: 'Project Nightingale' })
      await store.appendItems(id, [message(text)])
      await expect(store.deleteThread(id, { reason })).rejects.toMatchObject({
        code: 'REASON_REFUSED',
      })
      expect((await store.readThread(id))?.items).toBe(2)
    }),
  )

  it('is kept where it tells why in its own words', () =>
    withStore(async (store) => {
      const id = await store.createThread({ cwd: '/work/nightingale', name: 'Project Nightingale' })
      await store.appendItems(id, [message(text)])
      const reason = 'the user asked for it, and said that the password is old'
      const { receipt } = await store.deleteThread(id, { reason })
      expect(receipt?.reason).toBe(reason)
    }))
})
