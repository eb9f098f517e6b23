import fs from 'node:fs/promises'

/**
 * What these files hold together.
 *
 * @param {readonly string[]} files
 */
export async function fileBytes(files) {
  const stats = await Promise.all(files.map((file) => fs.stat(file)))
  return stats.reduce((sum, { size }) => sum + size, 0)
}
