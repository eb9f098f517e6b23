// Backups, and what they become: restored beside the store, with the tombstones of now, the backup is the store as it was,
// without the dead. What comes back is compared as a whole, and closed again.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { WholeThreadStore } from '../store/thread-store-like.js'
import { keepBackup, restoredFrom } from './model-backups.js'
import { observe, observeModel } from './observe.js'
import { told } from './said.js'
import type { WhatIsSupported } from './supports.js'
import type { System } from './system.js'
import { nothing, type Verb, verb } from './verb.js'

const knownIn = async ({ store }: System): Promise<readonly string[]> =>
  (await store.listBackups()).filter(({ state }) => state === 'complete').map((one) => one.backupId)

export const backup = fc.constant(null).map(() =>
  verb('backup', (system) => {
    const folder = system.folder?.()
    if (folder === undefined) return nothing
    return {
      text: folder,
      async call() {
        system.backupIds.set(folder, (await system.store.backup(folder)).backupId)
        return (await knownIn(system)).length
      },
      apply(model) {
        keepBackup(model, folder)
        return told(model.knownBackups.size)
      },
    }
  }),
)

/** It can be restored as before. */
export const forgetBackup = fc.nat(9).map((at) =>
  verb('forgetBackup', (system, model) => {
    const folder = folderAt(at, model.knownBackups)
    if (folder === undefined) return nothing
    return {
      text: folder,
      async call() {
        await system.store.forgetBackup(system.backupIds.get(folder)!)
        return (await knownIn(system)).length
      },
      apply(later) {
        later.knownBackups.delete(folder)
        return told(later.knownBackups.size)
      },
    }
  }),
)

export const restoreBackup = (supports: WhatIsSupported): fc.Arbitrary<Verb> =>
  fc.nat(9).map((at) =>
    verb('restoreBackup', (system, model) => {
      const folder = folderAt(at, model.backups.keys())
      if (folder === undefined || !system.restored) return nothing
      return {
        text: folder,
        async call() {
          const restored = await system.restored!(folder)
          try {
            const store = restored.store as WholeThreadStore
            if (supports.schedule) await store.sweep({ confirmClock: true })
            if (supports.inspect) assert.deepEqual((await store.verify()).problems, [])
            return await observe(store, supports)
          } finally {
            await restored.close()
          }
        },
        apply: (later) => told(observeModel(restoredFrom(later, folder))),
      }
    }),
  )

function folderAt(at: number, among: Iterable<string>): string | undefined {
  const folders = [...among]
  return folders[at % folders.length]
}
