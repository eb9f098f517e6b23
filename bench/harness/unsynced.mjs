// A disk and a database that sync nothing: for filling a store that a benchmark then opens with the real ones. What is
// filled is the same; a machine that loses power meanwhile loses a store that nobody needs.

import { fileLevels } from '@cenotaph/journal'
import { nodeDisk } from '@cenotaph/storage'
import { aroundDisk } from '@cenotaph/testing'

/** @typedef {import('@cenotaph/journal').Level} Level */
/** @typedef {import('@cenotaph/journal').Levels} Levels */

export const unsyncedDisk = aroundDisk({
  disk: nodeDisk,
  around: async (call, _path, run) =>
    call === 'sync' || call === 'syncFolder' ? /** @type {never} */ (undefined) : run(),
})

/** @type {Levels} */
export const unsyncedLevels = {
  ...fileLevels,
  open: async (folder, options) => unsynced(await fileLevels.open(folder, options)),
}

/**
 * @param {Level} level
 * @returns {Level}
 */
function unsynced(level) {
  return new Proxy(level, {
    get(target, name) {
      const value = /** @type {unknown} */ (Reflect.get(target, name, target))
      if (name === 'batch') {
        return (/** @type {unknown[]} */ operations, /** @type {object} */ options) =>
          Reflect.apply(/** @type {Function} */ (value), target, [
            operations,
            { ...options, sync: false },
          ])
      }
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
