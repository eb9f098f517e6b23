import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { message, testOptions, withRoot, withStore } from '../store.fixture.js'
import { openThreadStore } from '../store.js'
import { SteeredClock } from './steered-clock.fixture.js'

const name = 'A name of forty characters and a few more'

/** Files below a root that hold a text; LOCK is never opened. */
const filesWith = (root: string, text: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => path.basename(file) !== 'LOCK' && statSync(path.join(root, file)).isFile())
    .filter((file) => readFileSync(path.join(root, file)).includes(text))

describe('a policy that names a thread', () => {
  it('does not keep its delete from ending, and is counted as what others have too', () =>
    withStore(async (store, root) => {
      const id = await store.createThread({ name })
      await store.appendItems(id, [message('a word')])
      await store.retention.set({ archiveAfter: '30d', exclude: { names: [name] } })
      const { state, receipt } = await store.deleteThread(id)
      expect(state).toBe('deleted')
      expect(receipt?.verification).toMatchObject({ mode: 'probes', residue: 0 })
      expect(receipt?.verification?.shared).toBeGreaterThan(0)
      // The policy is its owner's; it goes when they change it, with the next delete.
      expect(filesWith(root, name)).not.toEqual([])
      await store.retention.set(null)
      expect((await store.deleteThread(await store.createThread())).state).toBe('deleted')
      expect(filesWith(root, name)).toEqual([])
    }))

  it('leaves nothing of itself behind once it is replaced, however often, and over a restart', () =>
    withRoot(async (root) => {
      let store = await openThreadStore(root, testOptions)
      const id = await store.createThread({ name })
      for (let round = 0; round < 5; round += 1) {
        const exclude = { names: [name, `number ${round}`], cwd: [`/some/where/${round}`] }
        await store.retention.set({ archiveAfter: '30d', exclude })
        await store.checkpoint()
      }
      await store.retention.set({ archiveAfter: '30d' })
      await store.close()
      store = await openThreadStore(root, testOptions)
      try {
        const { receipt } = await store.deleteThread(id)
        expect(receipt?.verification).toMatchObject({ residue: 0, shared: 0 })
        expect(filesWith(root, name)).toEqual([])
        expect(await store.retention.policy()).toMatchObject({ archiveAfter: '30d' })
      } finally {
        await store.close()
      }
    }))

  it('keeps no delete from ending when the clock was set back between two policies', () =>
    withRoot(async (root) => {
      const clock = new SteeredClock()
      const dayMs = 24 * 60 * 60 * 1000
      const policy = (cwd: string) => ({
        archiveAfter: '30d',
        exclude: { names: [name], cwd: [cwd] },
      })
      for (let days = 0; days < 4; days += 1) {
        clock.jump(-days * dayMs)
        const store = await openThreadStore(root, { ...testOptions, clock })
        try {
          await store.retention.set(policy(`/some/where/${days}`))
          expect(await store.retention.policy()).toMatchObject(policy(`/some/where/${days}`))
          // A delete has an id of its own, and none after it is below that.
          if (days % 2 === 0) continue
          const id = await store.createThread()
          expect(await store.deleteThread(id)).toMatchObject({ state: 'deleted', pending: [] })
          for (let old = 0; old < days; old += 1)
            expect(filesWith(root, `/some/where/${old}`)).toEqual([])
        } finally {
          await store.close()
        }
      }
    }))
})
