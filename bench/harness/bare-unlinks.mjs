// What no delete of files can do without: each is unlinked, and their folder synced.

import fs from 'node:fs/promises'
import path from 'node:path'
import { timed } from './rounds.mjs'
import { syncFolder } from './syncs.mjs'

/**
 * Milliseconds that a bare loop takes.
 *
 * @param {import('./run.mjs').Run} run
 * @param {string} name
 * @param {number} files
 */
export async function unlinked(run, name, files) {
  const folder = path.join(run.folder, `bare-${name}`)
  await fs.mkdir(folder)
  for (let number = 0; number < files; number += 1)
    await fs.writeFile(path.join(folder, String(number)), 'x'.repeat(1_000))
  await syncFolder(folder)
  return timed(async () => {
    for (let number = 0; number < files; number += 1)
      await fs.unlink(path.join(folder, String(number)))
    await syncFolder(folder)
  })
}
