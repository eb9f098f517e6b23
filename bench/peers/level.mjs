// Plain `level`, which is LevelDB: a batch a group, synced. Cenotaph's own journal is on the same library.

import path from 'node:path'
import { optionalPackage, packageVersion } from './peer.mjs'

/** @typedef {{ type: 'put', key: string, value: Uint8Array } | { type: 'del', key: string }} Operation */

/**
 * @typedef {object} Database What is used of it.
 * @property {() => Promise<void>} open
 * @property {() => Promise<void>} close
 * @property {(operations: readonly Operation[], options: { sync: boolean }) => Promise<void>} batch
 * @property {(range: { gte: string, lt: string }) => { all: () => Promise<string[]> }} keys
 * @property {(start: string, end: string) => Promise<void>} compactRange
 */

/** @typedef {{ readonly Level: new (place: string, options: object) => Database }} Module */

/** @returns {Promise<import('./peer.mjs').Peer | undefined>} */
export const level = () =>
  optionalPackage('level', (/** @type {Module} */ loaded) => ({
    name: 'level',
    settings: 'one batch a group, sync: true, its compression off',
    reclaiming: 'compactRange over all keys; it knows nothing more thorough',
    versions: { level: packageVersion('level'), 'classic-level': packageVersion('classic-level') },
    open: (/** @type {string} */ folder) => openStore(loaded, folder),
  }))

/**
 * @param {Module} module
 * @param {string} folder
 * @returns {Promise<import('./peer.mjs').PeerStore>}
 */
async function openStore({ Level }, folder) {
  const database = new Level(path.join(folder, 'level'), {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    compression: false,
  })
  await database.open()
  let ordinal = 0
  return {
    append: ({ threads, lines }) =>
      database.batch(
        lines.map((value, index) => {
          ordinal += 1
          return { type: 'put', key: keyOf(threads[index] ?? 0, ordinal), value }
        }),
        { sync: true },
      ),

    async remove(threads) {
      const keys = []
      for (const thread of threads)
        keys.push(
          ...(await database.keys({ gte: keyOf(thread, 0), lt: keyOf(thread + 1, 0) }).all()),
        )
      await database.batch(
        keys.map((key) => ({ type: 'del', key })),
        { sync: true },
      )
    },

    reclaim: () => database.compactRange('', '~'),
    close: () => database.close(),
  }
}

/**
 * @param {number} thread
 * @param {number} ordinal
 */
const keyOf = (thread, ordinal) =>
  `${String(thread).padStart(8, '0')}/${String(ordinal).padStart(12, '0')}`
