// The peers that are there. One that is not installed is left out, with a line that says so.

import { bareJsonl, builtJsonl } from './bare-jsonl.mjs'
import { level } from './level.mjs'
import { lmdb } from './lmdb.mjs'
import { betterSqlite3, nodeSqlite, sqlitePeer } from './sqlite.mjs'

/** @typedef {import('./peer.mjs').Peer} Peer */
/** @typedef {import('../harness/run.mjs').Run} Run */

export { bareJsonl, builtJsonl }

const notInstalled = 'not installed, or not for this Node; `npm run bench` installs it'

/**
 * Every peer that keeps records, the floor not among them.
 *
 * @param {Run} run
 * @returns {Promise<readonly Peer[]>}
 */
export async function installedPeers(run) {
  const sqlite = (await sqliteDrivers(run)).map(sqlitePeer)
  /** @type {Peer[]} */
  const found = [...sqlite]
  for (const [name, load] of /** @type {const} */ ([
    ['lmdb', lmdb],
    ['level', level],
  ])) {
    const peer = await load()
    if (peer) found.push(peer)
    else run.skip(name, notInstalled)
  }
  for (const { versions } of found)
    for (const [name, version] of Object.entries(versions)) run.ran(name, version)
  return found
}

/**
 * The drivers of SQLite alone, for what is asked in SQL.
 *
 * @param {Run} run
 */
export async function sqliteDrivers(run) {
  const drivers = []
  const better = await betterSqlite3()
  if (better) drivers.push(better)
  else run.skip('better-sqlite3', notInstalled)
  const own = await nodeSqlite()
  if (own) drivers.push(own)
  else run.skip('node:sqlite', `Node ${process.versions.node} has none`)
  for (const { versions } of drivers)
    for (const [name, version] of Object.entries(versions)) run.ran(name, version)
  return drivers
}
