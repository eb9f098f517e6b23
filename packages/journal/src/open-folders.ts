// The database folders that this process has open. LevelDB finds out that its own process has a folder already only
// after it has opened `LOCK`, and then closes it, which drops the lock that the process held: the next process that
// comes gets in, and acknowledged data is lost. So a second open must not get as far as LevelDB.

// Shared by every installed copy of this package in the process.
const key = Symbol.for('cenotaph.openDatabaseFolders')
const shared = globalThis as { [key]?: Set<string> }

const openFolders = (): Set<string> => {
  shared[key] ??= new Set()
  return shared[key]
}

/** False where the folder is taken. `identity` is that of the folder, whatever path leads to it. */
export function takeFolder(identity: string): boolean {
  const folders = openFolders()
  if (folders.has(identity)) return false
  folders.add(identity)
  return true
}

export function leaveFolder(identity: string): void {
  openFolders().delete(identity)
}
