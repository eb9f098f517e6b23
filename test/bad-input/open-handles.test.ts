// Every file that was opened is closed with the store, whatever failed, and whoever was in the middle of something. The
// fixture asks after each test which files are open still; these tests bring the moments about at which one could be left.

import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { breathe, nodeDisk, StoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { withFiles } from '../support/replaced-files.js'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import { openFilesUnder } from '../support-fixtures/open-files.fixture.js'
import { scratch } from '../support-fixtures/scratch.fixture.js'
import { codeOf, textItem } from '../support-fixtures/store-state.fixture.js'
import { crashCopy } from '../traps/store.fixture.js'

const stores = scratch()

const isRollout = (name: string): boolean => path.basename(name).startsWith('rollout-')

describe('files that were open', () => {
  it('are seen: an open store has some, and a closed one has none', async () => {
    const store = await stores.store()
    const id = await store.createThread()
    await store.appendItems(id, [textItem('one')])
    const open = openFilesUnder(store.root)
    // Where the machine does not tell, the count of the disk port is all that there is.
    if (open.length > 0) expect(open.some(isRollout)).toBe(true)
    await store.close()
    expect(openFilesUnder(store.root)).toEqual([])
  })

  it('when a rollout could not be synced after its lines were replayed', async () => {
    const writing = await stores.store()
    const id = await writing.createThread()
    await writing.appendItems(id, [textItem('journaled, and not in the file yet')])
    const root = crashCopy(writing.root)
    const broken = failWhile((call, name) => call === 'sync' && isRollout(name))
    expect(await codeOf(() => stores.open(root, { disk: broken.disk }))).toBe('STORE_FAILED')
    expect(broken.count()).toBeGreaterThan(0)
    expect(openFilesUnder(root)).toEqual([])
    broken.heal()
    const store = await stores.open(root, { disk: broken.disk })
    expect((await store.readThread(id))?.items).toBe(2)
  })

  it('when a reader stopped between two lines and never came back', async () => {
    const store = await stores.store()
    const id = await store.createThread()
    await store.appendItems(id, [textItem('one'), textItem('two')])
    await store.checkpoint()
    const lines = store.listItems(id)
    expect((await lines.next()).done).toBe(false)
    await store.close()
    expect(openFilesUnder(store.root)).toEqual([])
    expect(await codeOf(() => lines.next())).toBe('STORE_CLOSED')
    const { done } = await lines.next()
    expect(done).toBe(true)
  })

  it('when buffered lines were on their way to a file as the store failed: that write ends first', async () => {
    let isReached = (): void => {}
    let goOn = (): void => {}
    const reached = new Promise<void>((resolve) => {
      isReached = resolve
    })
    const gate = new Promise<void>((resolve) => {
      goOn = resolve
    })
    let isWriting = false
    let isCutShort = false
    const broken = failWhile((call, name) => call === 'syncFolder' && name.includes('sessions'))
    broken.heal()
    const disk = withFiles(broken.disk, (file, call) =>
      call === 'openWrite' && isRollout(file.path)
        ? {
            async write(offset, bytes) {
              isWriting = true
              isReached()
              await gate
              await file.write(offset, bytes)
              isWriting = false
            },
            close() {
              isCutShort ||= isWriting
              return file.close()
            },
          }
        : undefined,
    )
    const store = await stores.store({ disk, bufferedMs: 1 })
    const id = await store.createThread()
    await store.appendItems(id, [textItem('buffered')], { durability: 'buffered' })
    await reached
    broken.fail()
    expect(await codeOf(() => store.createThread())).toBe('STORE_FAILED')
    broken.heal()
    const closing = store.close().catch(() => {})
    // As far as the closing gets without the write.
    for (let turn = 0; turn < 50; turn += 1) await breathe()
    goOn()
    await closing
    expect(isCutShort).toBe(false)
    expect(openFilesUnder(store.root)).toEqual([])
  })

  it('when a piece in quarantine could not be read while a line was redacted', async () => {
    let isBroken = false
    const disk = withFiles(nodeDisk, ({ path: name }) =>
      isBroken && name.includes('quarantine') && name.endsWith('.bytes')
        ? {
            read: async () => {
              throw new StoreError('DISK_ERROR', 'a piece cannot be read')
            },
          }
        : undefined,
    )
    const store = await stores.store({ disk })
    const id = await store.createThread()
    await store.appendItems(id, [textItem('a secret that was pasted here')])
    const folder = path.join(store.root, '.cenotaph', 'quarantine')
    await mkdir(folder, { recursive: true })
    await writeFile(path.join(folder, 'abc-1.bytes'), 'a tail')
    await writeFile(
      path.join(folder, 'abc-1.json'),
      JSON.stringify({ owners: [id], why: 'uncommitted-tail', at: 1 }),
    )
    isBroken = true
    expect(await codeOf(() => store.redactItems(id, [1], 'ticket 88'))).toBe('DISK_ERROR')
    await store.close()
    expect(openFilesUnder(store.root)).toEqual([])
  })
})
