import { describe, expect, it } from 'vitest'
import { message, textsOf, withStore } from '../store.fixture.js'

describe('resume', () => {
  it('makes one live writer, until it shuts down', () =>
    withStore(async (store) => {
      const id = await store.createThread({ cwd: '/w' })
      const { recorder } = await store.resumeThread(id)
      const refused = { code: 'THREAD_HAS_WRITER' }
      await expect(store.resumeThread(id)).rejects.toMatchObject(refused)
      await expect(store.appendItems(id, [message('x')])).rejects.toMatchObject(refused)
      await recorder.add(message('from the writer'))
      await recorder.shutdown()
      const again = await store.resumeThread(id)
      await again.recorder.shutdown()
      expect(await textsOf(store, id)).toEqual(['from the writer'])
    }))

  it('returns the settings that it was given and does not apply', () =>
    withStore(async (store) => {
      const id = await store.createThread({ cwd: '/w', modelProvider: 'p' })
      const { ignored, thread, recorder } = await store.resumeThread(id, {
        cwd: '/elsewhere',
        modelProvider: 'p',
      })
      expect(ignored).toEqual([{ setting: 'cwd', recorded: '/w', given: '/elsewhere' }])
      expect(thread.cwd).toBe('/w')
      await recorder.shutdown()
    }))

  it('does not make the thread look active', () =>
    withStore(async (store) => {
      const id = await store.createThread({ cwd: '/w' })
      const before = await store.readThread(id)
      const { recorder } = await store.resumeThread(id)
      await recorder.shutdown()
      expect((await store.readThread(id))?.updatedAt).toBe(before?.updatedAt)
    }))
})
