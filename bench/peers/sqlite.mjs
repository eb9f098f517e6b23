// SQLite through one of two drivers, better-sqlite3 or node:sqlite, which are alike in what is used here: WAL,
// synchronous=FULL, prepared statements, one transaction a group.

import path from 'node:path'
import { optionalPackage, packageVersion } from './peer.mjs'

/** @typedef {string | number | null | Uint8Array} Value */

/**
 * @typedef {object} Statement
 * @property {(...values: Value[]) => unknown} run
 * @property {(...values: Value[]) => unknown[]} all
 * @property {(...values: Value[]) => unknown} get
 */

/**
 * @typedef {object} Database What is used of it.
 * @property {(text: string) => unknown} exec
 * @property {(text: string) => Statement} prepare
 * @property {() => void} close
 */

/**
 * @typedef {object} Driver
 * @property {string} name
 * @property {Readonly<Record<string, string>>} versions
 * @property {(file: string) => Database} open
 */

const settings = 'WAL, synchronous=FULL, prepared statements, one transaction a group'

/** @param {Driver} driver */
export const sqlitePeer = ({ name, versions, open }) =>
  /** @type {import('./peer.mjs').Peer} */ ({
    name,
    settings: `${settings}; secure_delete off, as users have it`,
    reclaiming: 'VACUUM and wal_checkpoint(TRUNCATE); thorough: secure_delete=ON too',
    versions,
    open: async (folder, options) => openStore(openDatabase(open, folder, options)),
  })

/**
 * @param {Driver['open']} open
 * @param {string} folder
 * @param {{ readonly thorough?: boolean }} [options]
 */
export function openDatabase(open, folder, { thorough = false } = {}) {
  const database = open(path.join(folder, 'peer.sqlite'))
  database.exec('PRAGMA journal_mode = WAL')
  database.exec('PRAGMA synchronous = FULL')
  database.exec(`PRAGMA secure_delete = ${thorough ? 'ON' : 'OFF'}`)
  return database
}

/**
 * @param {Database} database
 * @returns {import('./peer.mjs').PeerStore}
 */
function openStore(database) {
  database.exec(
    'CREATE TABLE lines (thread INTEGER, ordinal INTEGER, line BLOB, PRIMARY KEY (thread, ordinal))',
  )
  const insert = database.prepare('INSERT INTO lines VALUES (?, ?, ?)')
  const remove = database.prepare('DELETE FROM lines WHERE thread = ?')
  const inTransaction = transactionsOf(database)
  let ordinal = 0
  return {
    async append({ threads, lines }) {
      inTransaction(() => {
        for (const [index, line] of lines.entries()) {
          ordinal += 1
          insert.run(threads[index] ?? 0, ordinal, line)
        }
      })
    },

    async remove(threads) {
      inTransaction(() => {
        for (const thread of threads) remove.run(thread)
      })
    },

    async reclaim() {
      database.exec('VACUUM')
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    },

    async close() {
      database.close()
    },
  }
}

/**
 * What runs something in a transaction; the statements for it are prepared too.
 *
 * @param {Database} database
 */
export function transactionsOf(database) {
  const begin = database.prepare('BEGIN IMMEDIATE')
  const commit = database.prepare('COMMIT')
  return (/** @type {() => void} */ run) => {
    begin.run()
    run()
    commit.run()
  }
}

/** @returns {Promise<Driver | undefined>} */
export const betterSqlite3 = () =>
  optionalPackage(
    'better-sqlite3',
    (/** @type {{ default: new (file: string) => Database }} */ loaded) => {
      const open = (/** @type {string} */ file) => new loaded.default(file)
      // Its binary is loaded with the first database.
      const versions = {
        'better-sqlite3': packageVersion('better-sqlite3'),
        sqlite: versionOf(open),
      }
      return { name: 'better-sqlite3', versions, open }
    },
  )

/** @returns {Promise<Driver | undefined>} */
export async function nodeSqlite() {
  const loaded = /** @type {{ DatabaseSync: new (file: string) => Database } | undefined} */ (
    process.getBuiltinModule?.('node:sqlite')
  )
  if (!loaded) return undefined
  const open = (/** @type {string} */ file) => new loaded.DatabaseSync(file)
  return { name: 'node:sqlite', versions: { 'sqlite of Node': versionOf(open) }, open }
}

/** @param {Driver['open']} open */
function versionOf(open) {
  const database = open(':memory:')
  const row = /** @type {{ version: string }} */ (
    database.prepare('SELECT sqlite_version() AS version').get()
  )
  database.close()
  return row.version
}
