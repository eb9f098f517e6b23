// What a repair leaves of backups: the store still knows them, and they still restore.

import { rename, rm, truncate } from 'node:fs/promises'
import path from 'node:path'
import { repairStore, restoreBackup } from '@cenotaph/core'
import { expect, it } from 'vitest'
import { filesUnder } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { quietOptions, scratch } from '../support-fixtures/scratch.fixture.js'
import { factsOf, textItem } from '../support-fixtures/store-state.fixture.js'

const stores = scratch()
const one = threadIdOf(1)

async function backedUp(): Promise<{ root: string; dir: string; backupId: string }> {
  const store = await stores.store()
  await store.createThread({ threadId: one, name: 'name' })
  await store.appendItems(one, [textItem('text')])
  const dir = path.join(await stores.folder(), 'copy')
  const { backupId } = await store.backup(dir)
  await store.close()
  return { root: store.root, dir, backupId }
}

it('a repair keeps what the store knew of its backups, and receipts go on to name them', async () => {
  const { root, backupId } = await backedUp()
  const level = path.join(root, '.cenotaph', 'level')
  const manifest = (await filesUnder(level)).find((name) => name.startsWith('MANIFEST'))!
  await truncate(path.join(level, manifest), 10)
  const { lost } = await repairStore(root, quietOptions)
  expect(lost.filter(({ what }) => what === 'row')).toEqual([])
  const store = await stores.open(root)
  expect(await store.listBackups()).toEqual([expect.objectContaining({ backupId })])
  const { receipt } = await store.deleteThread(one)
  expect(receipt!.outOfReach.some((line) => line.includes(backupId))).toBe(true)
})

it('a store of which nothing is left but its tombstones comes back from a backup', async () => {
  const { root, dir } = await backedUp()
  const aside = `${root}.aside`
  await rename(root, aside)
  const tombstones = path.join(aside, '.cenotaph', 'tombstones')
  await restoreBackup(dir, root, { tombstones }, quietOptions)
  await rm(aside, { recursive: true })
  const store = await stores.open(root)
  expect(await factsOf(store)).toEqual({
    [one]: { name: 'name', archived: false, texts: ['text'] },
  })
  expect((await store.verify()).problems).toEqual([])
})
