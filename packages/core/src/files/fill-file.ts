import type { DiskFile } from '@cenotaph/storage'

/** Takes the next bytes of a file that is being written from its beginning. */
export type Put = (bytes: Uint8Array) => Promise<void>

/** Writes a new file, syncs it and closes it. Its bytes are durable when it resolves; its name is not. */
export async function fillFile(
  file: DiskFile,
  write: (put: Put) => Promise<void>,
): Promise<number> {
  let offset = 0
  try {
    await write(async (bytes) => {
      await file.write(offset, bytes)
      offset += bytes.length
    })
    await file.sync()
  } finally {
    await file.close()
  }
  return offset
}
