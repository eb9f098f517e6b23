// What looks for residue is looked at: something is planted in each kind of file, and has to be found.

import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ThreadStore, ThreadStoreOptions } from '@cenotaph/core'
import { seal } from '@cenotaph/journal'
import { describe, expect, it } from 'vitest'
import { filesHolding, levelFolder, open, say, scratch, withLevel } from '../traps/store.fixture.js'

const text = 'the words that only this thread ever had in it, and that nobody else may keep'
const textOfSomebody = 'words of a thread that lives on and is never deleted by this test'

async function storeWith(
  options: ThreadStoreOptions = {},
): Promise<{ root: string; store: ThreadStore; id: string; living: string }> {
  const root = path.join(scratch(), 'root')
  const store = await open(root, options)
  const id = await store.createThread({ cwd: '/of/the/dead', name: 'a name that will be erased' })
  await store.appendItems(id, [say(text)], {
    attachments: [{ kind: 'kind', key: 'key', value: `${text}, attached` }],
  })
  const living = await store.createThread({ cwd: '/of/the/living' })
  await store.appendItems(living, [say(textOfSomebody)])
  return { root, store, id, living }
}

/** Where a delete looks with probes, and what may hold its text there. */
const places: readonly (readonly [name: string, place: string, keeps: boolean])[] = [
  ['a side file', '.cenotaph/anchor.json.tmp', true],
  ['a file of another program', '.cenotaph/notes.txt', true],
  ['a quarantined piece', '.cenotaph/quarantine/abc-1.bytes', true],
  ['a staged temporary', '.cenotaph/staging/left.tmp', true],
  ['the folder of receipts', '.cenotaph/receipts/copy.txt', true],
  // LevelDB may take these away itself while it compacts: then they are gone.
  ['a table', '.cenotaph/level/999998.ldb', false],
  ['a log', '.cenotaph/level/000000.log', false],
  ['a manifest', '.cenotaph/level/MANIFEST-000000', false],
]

describe('the verification of a delete', () => {
  for (const [name, place, keeps] of places) {
    it(`finds what is left in ${name}, says so, and is done once it is gone`, async () => {
      let plant = (): void => {}
      const { root, store, id } = await storeWith({
        crashPoint: (point) => {
          if (point === 'delete.verify:before') plant()
        },
      })
      const file = path.join(root, place)
      plant = () => {
        mkdirSync(path.dirname(file), { recursive: true })
        writeFileSync(file, `before ${JSON.stringify(say(text))} after`)
      }
      const first = await store.deleteThread(id)
      plant = () => {}
      if (keeps || existsSync(file)) {
        expect(first).toMatchObject({ state: 'erasing', receipt: null })
        expect(first.pending[0]).toMatchObject({
          step: 'delete.verify',
          reason: expect.stringContaining('ERASE_INCOMPLETE'),
        })
        await expect(store.readThread(id)).rejects.toMatchObject({ code: 'THREAD_DELETED' })
        rmSync(file)
      }
      const done = await store.retry(id).catch(() => store.deleteThread(id))
      expect(done.state).toBe('deleted')
      expect(done.receipt?.verification).toMatchObject({ mode: 'probes', residue: 0 })
      expect(filesHolding(root, text)).toEqual([])
    })
  }

  it('finds what the LOG of LevelDB says', async () => {
    let plant = (): void => {}
    const { root, store, id } = await storeWith({
      crashPoint: (point) => {
        if (point === 'delete.verify:before') plant()
      },
    })
    const log = path.join(levelFolder(root), 'LOG')
    // Many times: LevelDB goes on at its own place in the file, over what was added.
    plant = () => appendFileSync(log, `${JSON.stringify(say(text))}\n`.repeat(300))
    expect((await store.deleteThread(id)).state).toBe('erasing')
    plant = () => {}
    expect((await store.retry(id)).state).toBe('erasing')
    writeFileSync(log, '')
    expect((await store.retry(id)).state).toBe('deleted')
  })
})

describe('verify with residue', () => {
  const residueOf = async (store: ThreadStore) => {
    const { problems, residue } = await store.verify({ residue: true })
    return { found: problems.filter(({ code }) => code.startsWith('RESIDUE')), residue }
  }

  it('reads everything, and finds nothing where nothing is', async () => {
    const { root, store, id, living } = await storeWith()
    const { threadId: fork } = await store.forkThread(id, { copy: true })
    await store.appendItems(fork, [say('of the fork')])
    writeFileSync(path.join(root, 'history.jsonl'), `${id}\n`)
    expect((await residueOf(store)).found).toEqual([])
    await store.deleteThread(id)
    const { found, residue } = await residueOf(store)
    expect(found).toEqual([])
    // The fork says where it comes from.
    expect(residue).toMatchObject({ shared: 1, notSearched: ['history.jsonl'] })
    expect(residue!.files).toBeGreaterThan(8)
    expect(residue!.bytes).toBeGreaterThan(4096)
    expect((await store.verify()).residue).toBeUndefined()
    expect((await store.status(living)).state).toBe('active')
  })

  it('finds values of the dead in LevelDB, live or not, and paths without threads', async () => {
    const { root, store, id, living } = await storeWith()
    await store.deleteThread(id)
    await store.close()
    const put = (key: string, value: string) => ({ key, value: seal(key, Buffer.from(value)) })
    const planted = [put(`t/${id}/planted`, text), put('h/00112233aabbccdd', '/of/the/dead')]
    await withLevel(root, async (level) => {
      for (const { key, value } of planted) await level.put(key, value)
      // Deleted, and still there.
      for (const { key } of planted) await level.del(key)
      await level.put(`t/${living}/other`, seal(`t/${living}/other`, Buffer.from('x')))
    })
    const again = await open(root)
    const { found } = await residueOf(again)
    expect(found.map(({ code, threadId }) => [code, threadId])).toEqual(
      expect.arrayContaining([
        ['RESIDUE_FOUND', id],
        ['RESIDUE_FOUND', null],
      ]),
    )
    expect(found.every(({ detail }) => detail.startsWith('.cenotaph/level/'))).toBe(true)
    expect(found.some(({ threadId }) => threadId === living)).toBe(false)
  })

  it('finds names and ids of the dead in every kind of file', async () => {
    const { root, store, id, living } = await storeWith()
    await store.deleteThread(id)
    const files = [
      `sessions/2025/01/02/rollout-2025-01-02T03-04-05-${id}.jsonl`,
      `archived_sessions/.rollout-2025-01-02T03-04-05-${id}.jsonl.abc.tmp`,
      `.cenotaph/notes-${id}.txt`,
      '.cenotaph/side.json',
      '.cenotaph/quarantine/abc-1.bytes',
      '.cenotaph/staging/left.tmp',
      '.cenotaph/receipts/copy.txt',
      '.cenotaph/backup.part/values',
    ]
    // An id on the edge of two pieces that are read at once.
    const long = `${'x'.repeat(256 * 1024 - 10)}{"id":"${id.toUpperCase()}"}`
    for (const file of files) {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
      writeFileSync(path.join(root, file), file.includes(id) ? 'nothing' : long)
    }
    const { found } = await residueOf(store)
    expect(found.map(({ detail }) => detail.split(':')[0]).sort()).toEqual([...files].sort())
    expect(found.every(({ threadId }) => threadId === id)).toBe(true)
    expect(found.some(({ detail }) => detail.includes(living))).toBe(false)
  })

  it('does not judge deletes that are at work', async () => {
    let fail = true
    const { root, store, id } = await storeWith({
      crashPoint: (point) => {
        if (point !== 'delete.verify:before' || !fail) return
        writeFileSync(path.join(root, '.cenotaph', 'left.txt'), JSON.stringify(say(text)))
      },
    })
    expect((await store.deleteThread(id)).state).toBe('erasing')
    writeFileSync(path.join(root, '.cenotaph', 'left.txt'), `${text} ${id}`)
    expect((await residueOf(store)).found).toEqual([])
    fail = false
    rmSync(path.join(root, '.cenotaph', 'left.txt'))
    expect((await store.retry(id)).state).toBe('deleted')
    writeFileSync(path.join(root, '.cenotaph', 'left.txt'), `${text} ${id}`)
    expect((await residueOf(store)).found).toHaveLength(1)
  })

  it('goes on while others append and delete, and tells of nobody', async () => {
    const { store, living } = await storeWith()
    const work = (async () => {
      for (let round = 0; round < 6; round += 1) {
        const id = await store.createThread({ cwd: `/of/${round}` })
        await store.appendItems(id, [say(`${text} ${round}`)])
        await store.appendItems(living, [say(`${round}`)])
        await store.deleteThread(id)
      }
    })()
    const searches = (async () => {
      for (let round = 0; round < 4; round += 1) expect((await residueOf(store)).found).toEqual([])
    })()
    await Promise.all([work, searches])
    expect((await residueOf(store)).found).toEqual([])
  })

  it('refuses options that are none', async () => {
    const { store } = await storeWith()
    for (const options of [null, 7, { residue: 'yes' }])
      await expect(store.verify(options as object)).rejects.toMatchObject({
        code: 'ARGUMENT_INVALID',
      })
  })
})
