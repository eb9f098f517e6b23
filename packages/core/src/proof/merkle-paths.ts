// Proofs about any two sizes of the log, computed from its stored nodes (RFC 9162, sections 2.1.3.1 and
// 2.1.4.1). Every node that a proof needs is either stored, because it covers a complete subtree, or is
// put together from stored ones along the right edge: O(log n) reads a hash of a proof.

import { nodeHash } from './hashes.js'

/** Gives a complete subtree's hash, or rejects. */
export type RequireNode = (level: number, index: number) => Promise<Uint8Array>

/** Hash of the tree over the leaves from `begin` to `end` (exclusive). `begin` fits the range's size. */
export async function hashOfRange(
  node: RequireNode,
  begin: number,
  end: number,
): Promise<Uint8Array> {
  const leaves = end - begin
  const level = Math.round(Math.log2(leaves))
  if (2 ** level === leaves) return node(level, begin / leaves)
  const middle = begin + splitOf(leaves)
  return nodeHash(await hashOfRange(node, begin, middle), await hashOfRange(node, middle, end))
}

/** PATH of the RFC: the siblings of leaf `position` in a tree of `size` leaves, lowest first. */
export async function inclusionPath(
  node: RequireNode,
  position: number,
  size: number,
): Promise<Uint8Array[]> {
  const siblings: Uint8Array[] = []
  let begin = 0
  let end = size
  while (end - begin > 1) {
    const middle = begin + splitOf(end - begin)
    if (position < middle) {
      siblings.push(await hashOfRange(node, middle, end))
      end = middle
    } else {
      siblings.push(await hashOfRange(node, begin, middle))
      begin = middle
    }
  }
  return siblings.reverse()
}

/** PROOF of the RFC: what shows that the first `from` of `size` leaves are the tree of size `from`. */
export async function consistencyPath(
  node: RequireNode,
  from: number,
  size: number,
): Promise<Uint8Array[]> {
  if (from === 0 || from === size) return []
  const hashes: Uint8Array[] = []
  let begin = 0
  let end = size
  while (end !== from) {
    const middle = begin + splitOf(end - begin)
    if (from <= middle) {
      hashes.push(await hashOfRange(node, middle, end))
      end = middle
    } else {
      hashes.push(await hashOfRange(node, begin, middle))
      begin = middle
    }
  }
  // The verifier knows the old root already; it is left out where the old tree is one whole subtree.
  if (begin > 0) hashes.push(await hashOfRange(node, begin, end))
  return hashes.reverse()
}

/** The largest power of two below `leaves`, which is 2 or more. */
function splitOf(leaves: number): number {
  let split = 1
  while (split * 2 < leaves) split *= 2
  return split
}
