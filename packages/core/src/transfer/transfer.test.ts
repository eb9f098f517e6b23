import fs from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { message, withRoot, withStore } from '../store.fixture.js'

describe('export', () => {
  it('never goes into the store, by whatever name', () =>
    withStore(async (store, root) => {
      const id = await store.createThread({ cwd: '/w' })
      const link = path.join(path.dirname(root), 'link')
      await fs.symlink(path.join(root, 'sessions'), link)
      const inside = [
        root,
        path.join(root, 'exports'),
        path.join(root, '.cenotaph', 'staging'),
        path.join(link, 'deeper', 'still'),
        `${root}/../${path.basename(root)}/x`,
      ]
      for (const to of inside) {
        const refused = store.exportThreads([id], { to })
        await expect(refused, to).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
      }
      const outside = path.join(path.dirname(root), 'exports', 'here')
      const [exported] = await store.exportThreads([id], { to: outside })
      expect((await fs.stat(exported!.path)).size).toBe(exported!.bytes)
    }))
})

describe('import', () => {
  it('does not bring a dead thread back under the name of another', () =>
    withStore(async (store, root) => {
      const id = await store.createThread({ cwd: '/w' })
      await store.appendItems(id, [message('deleted')])
      const to = path.join(path.dirname(root), 'copy')
      const [copy] = await store.exportThreads([id], { to })
      await store.deleteThread(id)
      const other = '01900000-0000-7000-8000-000000000001'
      const renamed = copy!.path.replace(id, other)
      await fs.rename(copy!.path, renamed)
      const report = await store.importRollouts([to])
      expect(report).toMatchObject({
        imported: [],
        skipped: [{ source: renamed, reason: 'deleted' }],
      })
      expect(await store.readThread(other)).toBeUndefined()
    }))

  it('reads a source and changes nothing of it', () =>
    withRoot(async (source) =>
      withStore(async (store, root) => {
        const id = await store.createThread({ cwd: '/w', name: 'kept name' })
        await store.appendItems(id, [message('text')])
        await store.exportThreads([id], { to: source, layout: 'codex' })
        await store.deleteThread(id)
        const before = await fs.readdir(source, { recursive: true })
        expect((await store.importRollouts([source])).skipped).toHaveLength(1)
        expect(await fs.readdir(source, { recursive: true })).toEqual(before)
        expect(root).not.toBe(source)
      }),
    ))
})
