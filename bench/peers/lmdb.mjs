// The package `lmdb`: the puts of a group are one transaction of its own making, and `flushed` says when it is on disk.

import fs from 'node:fs/promises'
import path from 'node:path'
import { optionalPackage, packageVersion } from './peer.mjs'

/** @typedef {readonly [thread: number, ordinal: number]} Key */

/**
 * @typedef {object} Database What is used of it.
 * @property {(key: Key, value: Uint8Array) => Promise<boolean>} put
 * @property {(key: Key) => Promise<boolean>} remove
 * @property {(range: { start: Key, end: Key }) => { readonly asArray: Key[] }} getKeys
 * @property {Promise<void>} flushed
 * @property {(file: string, compact: boolean) => Promise<void>} backup
 * @property {() => Promise<void>} close
 */

/** @typedef {{ readonly open: (options: object) => Database }} Module */

/** @returns {Promise<import('./peer.mjs').Peer | undefined>} */
export const lmdb = () =>
  optionalPackage('lmdb', (/** @type {Module} */ loaded) => ({
    name: 'lmdb',
    settings: 'puts of a group in one turn, then its promise `flushed`; values as bytes',
    reclaiming: 'its compacting copy, put in the place of the database',
    versions: { lmdb: packageVersion('lmdb') },
    open: (/** @type {string} */ folder) => openStore(loaded, folder),
  }))

/**
 * @param {Module} module
 * @param {string} folder
 * @returns {Promise<import('./peer.mjs').PeerStore>}
 */
async function openStore({ open }, folder) {
  const place = path.join(folder, 'data.mdb')
  const start = () => open({ path: place, encoding: 'binary' })
  let database = start()
  let ordinal = 0
  return {
    async append({ threads, lines }) {
      const puts = lines.map((line, index) => {
        ordinal += 1
        return database.put([threads[index] ?? 0, ordinal], line)
      })
      await Promise.all(puts)
      await database.flushed
    },

    async remove(threads) {
      const keys = threads.flatMap(
        (thread) => database.getKeys({ start: [thread, 0], end: [thread + 1, 0] }).asArray,
      )
      await Promise.all(keys.map((key) => database.remove(key)))
      await database.flushed
    },

    async reclaim() {
      const copy = path.join(folder, 'copy.mdb')
      await database.backup(copy, true)
      await database.close()
      await fs.rename(copy, place)
      database = start()
    },

    close: () => database.close(),
  }
}
