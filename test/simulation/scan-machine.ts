// Looks for canaries in everything that a simulated machine holds of a store: names, contents, and every value that its
// database has on disk, deleted ones included. What lies beside the store, such as a backup, is not the store's.

import { contentOf, type Inode, type SimMachine } from '@cenotaph/testing'
import { collect, type RootScan } from '../support/scan-root.js'

export function scanMachine(machine: SimMachine): Pick<RootScan, 'found' | 'names'> {
  const found = new Map<string, Set<string>>()
  const names: string[] = []
  const visit = (inode: Inode, path: string): void => {
    collect(Buffer.from(path), path, found)
    if (inode.kind === 'file') {
      names.push(path)
      collect(contentOf(inode), path, found)
      return
    }
    for (const [name, child] of inode.entries) visit(child, `${path}/${name}`)
  }
  const root = machine.disk.root.entries.get('store')
  if (root) visit(root, '/store')
  for (const { key, value, file } of machine.level.physical()) {
    collect(Buffer.from(key), file, found)
    collect(value, file, found)
  }
  return { found, names }
}
