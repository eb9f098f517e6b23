// Looks for texts in every byte of every file below a folder, as somebody would who holds the disk. LevelDB's LOCK is left
// alone: to close it would drop the lock of the store that is searched. It is empty.

import fs from 'node:fs/promises'
import path from 'node:path'

const TEXT_BYTES = 32

/**
 * How many of the texts are found, by any 32 bytes that each repeats, and how many copies of a text there are at most: a
 * copy that is cut counts as one.
 *
 * @param {string} folder
 * @param {readonly string[]} texts
 * @returns {Promise<{ records: number, copies: number }>}
 */
export async function foundAgain(folder, texts) {
  const found = new Set()
  let copies = 0
  for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'LOCK') continue
    const bytes = await fs.readFile(path.join(entry.parentPath, entry.name))
    for (const text of texts) {
      const places = placesOf(bytes, Buffer.from(text.slice(0, TEXT_BYTES)))
      if (places.length === 0) continue
      found.add(text)
      copies += runsOf(places, text.length)
    }
  }
  return { records: found.size, copies }
}

/**
 * @param {Buffer} bytes
 * @param {Buffer} wanted
 */
function placesOf(bytes, wanted) {
  const places = []
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1))
    places.push(at)
  return places
}

/**
 * Places that lie within one text of the first of them are one copy.
 *
 * @param {readonly number[]} places
 * @param {number} textBytes
 */
function runsOf(places, textBytes) {
  let runs = 0
  let end = -1
  for (const place of places) {
    if (place < end) continue
    runs += 1
    end = place + textBytes
  }
  return runs
}
