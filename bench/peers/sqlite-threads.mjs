// A list of threads as one would keep it in SQLite: a table, an index for each order that a list is asked for, prepared
// statements, whole rows.

import fs from 'node:fs/promises'
import { openDatabase, transactionsOf } from './sqlite.mjs'

/** @typedef {import('../harness/fill.mjs').FilledThread} FilledThread */

const schema = `
  CREATE TABLE threads (
    id TEXT PRIMARY KEY, name TEXT, preview TEXT, cwd TEXT, archived INTEGER, parent TEXT,
    created INTEGER, updated INTEGER
  );
  CREATE INDEX by_updated ON threads (archived, updated, id);
  CREATE INDEX by_cwd ON threads (archived, cwd, updated, id);
  CREATE INDEX by_parent ON threads (parent, updated, id);
`
const order = 'ORDER BY updated DESC, id DESC LIMIT 50'
const shown = 'archived = 0 AND parent IS NULL'

/**
 * The same pages as `listThreads` gives, as functions.
 *
 * @param {import('./sqlite.mjs').Driver} driver
 * @param {string} folder
 * @param {readonly FilledThread[]} threads
 */
export async function sqliteThreads(driver, folder, threads) {
  await fs.mkdir(folder)
  const database = openDatabase(driver.open, folder)
  database.exec(schema)
  const insert = database.prepare('INSERT INTO threads VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
  transactionsOf(database)(() => {
    for (const one of threads) {
      const { id, name, preview, cwd, archived, parent, createdMs, updatedMs } = one
      insert.run(id, name, preview, cwd, archived ? 1 : 0, parent, createdMs, updatedMs)
    }
  })
  database.exec('ANALYZE')
  const page = (/** @type {string} */ where) =>
    database.prepare(`SELECT * FROM threads WHERE ${where} ${order}`)
  const all = page(shown)
  const archived = page('archived = 1 AND parent IS NULL')
  const inFolder = page(`${shown} AND cwd = ?`)
  const below = page('archived = 0 AND parent = ?')
  const found = page(`${shown} AND (name LIKE ? OR preview LIKE ?)`)
  return {
    all: () => all.all(),
    archived: () => archived.all(),
    cwd: (/** @type {string} */ cwd) => inFolder.all(cwd),
    parent: (/** @type {string} */ id) => below.all(id),
    search: (/** @type {string} */ text) => found.all(`%${text}%`, `%${text}%`),
    close: () => database.close(),
  }
}
