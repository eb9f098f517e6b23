// The tree of RFC 9162 as its definitions say it, recursive and slow: what the real one is compared with.

import { emptyRoot, leafHash, nodeHash } from './hashes.js'
import { MerkleLog, type ReadNode } from './merkle.js'

/** Distinct leaf hashes. */
export const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)))

/** MTH. */
export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves
  if (first === undefined) return emptyRoot()
  if (leaves.length === 1) return first
  const split = splitOf(leaves.length)
  return nodeHash(naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)))
}

/** PATH. */
export function naivePath(position: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  if (leaves.length <= 1) return []
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return position < split
    ? [...naivePath(position, left), naiveRoot(right)]
    : [...naivePath(position - split, right), naiveRoot(left)]
}

/** PROOF. */
export function naiveConsistency(from: number, leaves: readonly Uint8Array[]): Uint8Array[] {
  return from === 0 ? [] : naiveSubproof(from, leaves, true)
}

function naiveSubproof(from: number, leaves: readonly Uint8Array[], whole: boolean): Uint8Array[] {
  if (from === leaves.length) return whole ? [] : [naiveRoot(leaves)]
  const split = splitOf(leaves.length)
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)]
  return from <= split
    ? [...naiveSubproof(from, left, whole), naiveRoot(right)]
    : [...naiveSubproof(from - split, right, false), naiveRoot(left)]
}

const splitOf = (count: number): number => 2 ** Math.floor(Math.log2(count - 1))

/** Nodes in memory, as a store would keep them. */
export class NodeStore {
  readonly #hashes = new Map<string, Uint8Array>()

  readonly read: ReadNode = async (level, index) => this.#hashes.get(`${level}/${index}`)

  put(nodes: readonly { level: number; index: number; hash: Uint8Array }[]): void {
    for (const { level, index, hash } of nodes) this.#hashes.set(`${level}/${index}`, hash)
  }

  get size(): number {
    return this.#hashes.size
  }

  replace(level: number, index: number, hash: Uint8Array | undefined): void {
    if (hash) this.#hashes.set(`${level}/${index}`, hash)
    else this.#hashes.delete(`${level}/${index}`)
  }
}

/** A log of these leaves whose nodes are all stored. */
export async function logOf(
  leaves: readonly Uint8Array[],
): Promise<{ log: MerkleLog; store: NodeStore }> {
  const store = new NodeStore()
  const log = await MerkleLog.load(0, store.read)
  for (const leaf of leaves) store.put(log.append(leaf).nodes)
  return { log, store }
}

/** Every way of changing one bit of these hashes, one at a time, sampled by a stride of bits. */
export function* tampered(hashes: readonly Uint8Array[], stride = 37): Generator<Uint8Array[]> {
  for (let bit = 0; bit < hashes.length * 256; bit += stride) {
    const copies = hashes.map((hash) => Uint8Array.from(hash))
    const hash = copies[bit >> 8]!
    hash[(bit & 255) >> 3]! ^= 1 << (bit & 7)
    yield copies
  }
}
