// What makes a file or the names in a folder durable, without an engine.

import fs from 'node:fs/promises'

/** @param {string} file */
export const syncFile = (file) => sync(file, 'r+')

/** @param {string} folder */
export const syncFolder = (folder) => sync(folder, 'r')

/**
 * @param {string} place
 * @param {string} flags
 */
async function sync(place, flags) {
  const handle = await fs.open(place, flags)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
