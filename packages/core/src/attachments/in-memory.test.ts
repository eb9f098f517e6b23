import { describe, expect, it } from 'vitest'
import { message, withStore } from '../store.fixture.js'

describe('attachments of threads in memory', () => {
  it('work as on disk, and are gone with their thread', async () => {
    await withStore(
      async (store) => {
        const id = await store.createThread()
        const attachments = store.attachments(id)
        await attachments.put('k', 'a', { x: 1 })
        await attachments.put('k', 'a', { x: 2 }, { erasePrevious: true })
        await store.appendItems(id, [message('x')], {
          attachments: [{ kind: 'k', key: 'b', value: Uint8Array.of(1) }],
        })
        expect(await attachments.get('k', 'a')).toEqual({ x: 2 })
        expect((await attachments.list()).attachments).toHaveLength(2)
        expect(await attachments.delete('k', 'b')).toBe(true)
        expect((await attachments.list()).attachments).toHaveLength(1)
        await store.deleteThread(id)
        await expect(attachments.get('k', 'a')).rejects.toMatchObject({ code: 'THREAD_DELETED' })
      },
      { persistence: 'none' },
    )
  })

  it('work in a store that has both', () =>
    withStore(async (store) => {
      const id = await store.createThread({ ephemeral: true })
      const other = await store.createThread()
      await store.attachments(id).put('k', 'k', 'in memory')
      await store.attachments(other).put('k', 'k', 'on disk')
      expect(await store.attachments(id).get('k', 'k')).toBe('in memory')
      expect(await store.attachments(other).get('k', 'k')).toBe('on disk')
    }))
})
