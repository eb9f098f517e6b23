// Changes of names: which of them hang together, and what becomes of them when a folder is synced.

import type { FolderInode, Inode, NameChange } from './inode.js'

/** Everything that has or had a name, or may have one after a crash; each once. */
export function* inodesBelow(root: FolderInode): Generator<Inode> {
  const seen = new Set<Inode>()
  const queue: Inode[] = [root]
  for (let inode = queue.pop(); inode; inode = queue.pop()) {
    if (seen.has(inode)) continue
    seen.add(inode)
    yield inode
    if (inode.kind === 'file') continue
    queue.push(...inode.entries.values(), ...inode.durable.values())
    for (const { effects } of inode.pending) {
      for (const effect of effects) if (effect.inode) queue.push(effect.inode)
    }
  }
}

/** Makes the changes of one folder durable, and of others what hangs together with them. */
export function syncNames(folder: FolderInode): void {
  const queue = [...folder.pending]
  const folders = new Set<FolderInode>()
  for (let change = queue.pop(); change; change = queue.pop()) {
    if (change.synced) continue
    change.synced = true
    for (const effect of change.effects) folders.add(effect.folder)
    // What came before it at the same name, in the other folder of a rename, is durable with it.
    queue.push(...earlierOf(change))
  }
  for (const one of folders) forgetSynced(one)
}

/** Pending changes of the same names that came before this one. */
export const earlierOf = (change: NameChange): NameChange[] =>
  change.effects.flatMap(({ folder, name }) =>
    folder.pending.filter(
      (other) =>
        other.order < change.order &&
        other.effects.some((effect) => effect.folder === folder && effect.name === name),
    ),
  )

/** Applies what is synced to the durable state, in order. */
function forgetSynced(folder: FolderInode): void {
  const durable = new Map(folder.durable)
  for (const { synced, effects } of folder.pending) {
    if (!synced) continue
    for (const { folder: place, name, inode } of effects) {
      if (place !== folder) continue
      if (inode) durable.set(name, inode)
      else durable.delete(name)
    }
  }
  folder.durable = durable
  folder.pending = folder.pending.filter((change) => !change.synced)
}
