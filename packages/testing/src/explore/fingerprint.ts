import { createHash } from 'node:crypto'
import type { Inode } from '../disk/inode.js'
import { contentOf } from '../disk/inode.js'
import type { SimMachine } from './sim-machine.js'

/** Equal for two machines whose disk and database hold the same. */
export function fingerprintOf({ disk, level }: SimMachine): string {
  const hash = createHash('sha256')
  const visit = (inode: Inode, name: string): void => {
    hash.update(`${inode.kind} ${name}\0`)
    if (inode.kind === 'file') {
      hash.update(contentOf(inode)).update('\0')
      return
    }
    const names = [...inode.entries.keys()].sort()
    hash.update(`${names.length}\0`)
    for (const child of names) visit(inode.entries.get(child)!, child)
  }
  visit(disk.root, '')
  for (const [key, value] of level.snapshot()) hash.update(`${key}\0${value}\0`)
  // What is still on disk of deleted values is part of the state too.
  for (const { key, value } of level.physical()) hash.update(`${key}\0`).update(value)
  return hash.digest('base64')
}
