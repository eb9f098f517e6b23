import path from 'node:path'
import { type Disk, isStoreError, readWhole } from '@cenotaph/storage'
import { UsageError } from '../usage-error.js'

/** All bytes of a file that was named on the command line. @throws UsageError where it cannot be read */
export async function readFile(disk: Disk, cwd: string, name: string): Promise<Uint8Array> {
  try {
    const bytes = await readWhole(disk, path.resolve(cwd, name))
    if (bytes) return bytes
  } catch (error) {
    if (!isStoreError(error)) throw error
    throw new UsageError(`${name} cannot be read (${String(error.detail.errno)})`)
  }
  throw new UsageError(`there is no file ${name}`)
}
