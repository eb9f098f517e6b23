import fs from 'node:fs/promises'
import path from 'node:path'
import { type Disk, nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { message, withStore } from '../store.fixture.js'

describe('what a delete does not reach', () => {
  it('is named in the receipt, where the root holds files of somebody else', () =>
    withStore(async (store, root) => {
      const [alone, beside] = [await store.createThread(), await store.createThread()]
      const foreign = "1 entries of the root folder that are not the store's"
      expect((await store.deleteThread(alone)).receipt?.outOfReach).not.toContain(foreign)
      await fs.writeFile(path.join(root, 'history.jsonl'), 'the same prompt, elsewhere')
      expect((await store.deleteThread(beside)).receipt?.outOfReach).toContain(foreign)
    }))
})

describe('names that a delete takes off the disk', () => {
  it('takes duplicates in other day folders and temporaries, and nothing that only mentions the id', () =>
    withStore(async (store, root) => {
      const id = await store.createThread({ cwd: '/w' })
      const other = await store.createThread({ cwd: '/w' })
      await store.appendItems(id, [message('to be deleted')])
      await store.appendItems(other, [message(`mentions ${id}`)])
      const sessions = path.join(root, 'sessions')
      const names = await fs.readdir(sessions, { recursive: true })
      const rollout = path.join(sessions, names.find((name) => name.endsWith(`${id}.jsonl`))!)
      const elsewhere = path.join(sessions, '2001', '02', '03')
      await fs.mkdir(elsewhere, { recursive: true })
      const stamp = 'rollout-2001-02-03T04-05-06'
      const copies = [
        path.join(elsewhere, path.basename(rollout)),
        path.join(elsewhere, `${stamp}-${id}.jsonl.zst`),
        path.join(root, 'archived_sessions', path.basename(rollout)),
        path.join(elsewhere, `${stamp}-${id}.jsonl.decompress.12.3.tmp`),
        path.join(elsewhere, `.${stamp}-${id}.jsonl.paginated.tmp`),
        path.join(elsewhere, `${stamp}-${id}_${other}.jsonl`),
      ]
      for (const copy of copies) await fs.copyFile(rollout, copy)
      const kept = path.join(elsewhere, `${stamp}-${other}_${id}.jsonl`)
      await fs.copyFile(rollout, kept)
      const result = await store.deleteThread(id)
      expect(result.state).toBe('deleted')
      for (const copy of [rollout, ...copies]) {
        await expect(fs.stat(copy), copy).rejects.toMatchObject({ code: 'ENOENT' })
      }
      expect((await fs.stat(kept)).isFile()).toBe(true)
      expect((await store.readThread(other))?.items).toBe(2)
    }))
})

/** Stamps that are believed at once, and a count of how often each folder was listed. */
function watchedDisk(): { readonly disk: Disk; readonly listed: string[] } {
  const listed: string[] = []
  const disk: Disk = {
    ...nodeDisk,
    async folderStamp(name) {
      const stat = await fs.stat(name, { bigint: true }).catch(() => undefined)
      return stat && `${stat.ino}:${stat.ctimeNs}`
    },
    listPieces(name) {
      listed.push(name)
      return nodeDisk.listPieces!(name)
    },
  }
  return { disk, listed }
}

describe('folders of rollouts that a delete has seen', () => {
  const { disk, listed } = watchedDisk()
  it('are listed again where they have a name of the next one, or were changed by anybody', () =>
    withStore(
      async (store, root) => {
        const archived = path.join(root, 'archived_sessions')
        const ids = await Promise.all(Array.from({ length: 6 }, () => store.createThread()))
        const [first, second, third, fourth, fifth, sixth] = ids as string[]
        await store.archiveThreads([fifth!, sixth!])
        const listings = async (id: string): Promise<number> => {
          listed.length = 0
          expect((await store.deleteThread(id)).state).toBe('deleted')
          return listed.filter((folder) => folder === archived).length
        }
        expect(await listings(first!)).toBe(1)
        expect(await listings(second!)).toBe(0)
        // Another program copies a file of the next one to where it has none.
        const sessions = path.join(root, 'sessions')
        const name = (await fs.readdir(sessions, { recursive: true })).find((one) =>
          one.endsWith(`${third}.jsonl`),
        )!
        const copy = path.join(archived, path.basename(name))
        await fs.copyFile(path.join(sessions, name), copy)
        expect(await listings(third!)).toBeGreaterThan(0)
        await expect(fs.stat(copy)).rejects.toMatchObject({ code: 'ENOENT' })
        // A temporary that may be anybody's is looked at each time.
        await fs.writeFile(path.join(archived, 'of-nobody.tmp'), '')
        expect(await listings(fourth!)).toBe(2)
        await fs.writeFile(path.join(archived, 'of-nobody.tmp'), '')
        expect(await listings(fifth!)).toBe(2)
        expect(await listings(sixth!)).toBe(2)
      },
      { disk },
    ))
})
