// Backups in the model: the store as it was, without what was in memory alone. Restored with the tombstones of now, the
// dead stay dead, and all else is as it was.

import { endProcess } from './model-halves.js'
import type { ThreadModel } from './thread-model.js'

/** To restore from; under the folder's name. */
export function keepBackup(model: ThreadModel, folder: string): void {
  const kept = model.copy()
  endProcess(kept)
  kept.plans.clear()
  kept.backups = new Map()
  kept.knownBackups = new Set()
  model.backups.set(folder, kept)
  model.knownBackups.add(folder)
}

/** The store that a backup becomes, now. */
export function restoredFrom(model: ThreadModel, folder: string): ThreadModel {
  const restored = model.backups.get(folder)!.copy()
  const died = [...model.dead].filter((id) => !model.deadInMemory.has(id))
  restored.policy = null
  restored.kill(new Set(died.filter((id) => restored.threads.has(id))))
  for (const id of died) restored.dead.add(id)
  restored.pass(model.nowMs - restored.nowMs)
  return restored
}
