import path from 'node:path'
import type { StoreContext } from '../context.js'

/** Makes a folder whose name is durable when it resolves, and so are the names of the folders above it. */
export async function makeFolderDurably(context: StoreContext, folder: string): Promise<void> {
  for (const made of await context.disk.makeFolder(folder)) {
    await context.disk.syncFolder(path.dirname(made))
  }
}
