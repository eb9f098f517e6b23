// A short text that is equal for two machines exactly when their disks and databases hold the same. Contents are never
// changed in place, on either of them, so each is hashed once, however many states share it.

import { hash } from 'node:crypto'
import { contentOf, type Inode } from '../disk/inode.js'
import type { Entry } from '../level/lsm.js'
import type { SimMachine } from './sim-machine.js'

export function fingerprintOf({ disk, level }: SimMachine): string {
  const words: string[] = []
  const numbers = new Map<Inode, number>()
  const visit = (inode: Inode, name: string): void => {
    const known = numbers.get(inode)
    words.push(name)
    // A second name of a file says which file it is.
    if (known !== undefined) {
      words.push(`again ${known}`)
      return
    }
    numbers.set(inode, numbers.size)
    if (inode.kind === 'file') {
      words.push(`file ${inode.mode}`, hashOf(contentOf(inode)))
      return
    }
    const names = [...inode.entries.keys()].sort()
    words.push(`folder ${inode.mode} ${names.length}`)
    for (const child of names) visit(inode.entries.get(child)!, child)
  }
  visit(disk.root, '')
  words.push(level.wasMade ? 'made' : 'not made')
  // What is still there of deleted values is part of the state, and so is where it lies: a compaction moves it on.
  for (const { batches, synced } of level.lsm.logs) {
    words.push(`log ${synced}`, ...batches.map(entriesHash))
  }
  for (const [depth, tables] of level.lsm.levels.entries()) {
    words.push(`level ${depth}`, ...tables.map(({ entries }) => entriesHash(entries)))
  }
  words.push('retired', ...level.lsm.retired.map(({ entries }) => entriesHash(entries)))
  return hash('sha256', words.join('\0'), 'base64')
}

const hashes = new WeakMap<object, string>()

const remembered = <T extends object>(thing: T, compute: (thing: T) => string): string => {
  const known = hashes.get(thing)
  if (known !== undefined) return known
  const computed = compute(thing)
  hashes.set(thing, computed)
  return computed
}

const hashOf = (bytes: Uint8Array): string =>
  remembered(bytes, (content) => hash('sha256', content, 'base64'))

/** Sequence numbers are left out: only their order means something, and that is the order of the entries. */
const entriesHash = (entries: readonly Entry[]): string =>
  remembered(entries, () => {
    const pieces = entries.flatMap(({ key, value }) => [
      Buffer.from(`${key}\0${value ? value.length : 'deleted'}\0`),
      value ?? noBytes,
    ])
    return hash('sha256', Buffer.concat(pieces), 'base64')
  })

const noBytes = new Uint8Array(0)
