// The right edge of an append-only Merkle tree, which is all that appending needs: the roots of the largest
// complete subtrees that cover the leaves from left to right, one for each bit that is set in the size.
// Pure and immutable: an extended frontier is a new one, so a batch can be computed and thrown away.
//
// The peaks from before a leaf was appended, read from right to left, are exactly the inclusion proof of
// that leaf in the tree that ends with it (RFC 9162, section 2.1.3.1, with the last index).

import { emptyRoot, nodeHash } from './hashes.js'

/** A complete subtree: it covers the leaves from `index * 2 ** level` on, `2 ** level` of them. */
export interface NodePlace {
  readonly level: number
  readonly index: number
}

export interface MerkleNode extends NodePlace {
  readonly hash: Uint8Array
}

export interface Frontier {
  /** Number of leaves. */
  readonly size: number
  /** Largest, which is leftmost, first. */
  readonly peaks: readonly MerkleNode[]
}

export const emptyFrontier: Frontier = { size: 0, peaks: [] }

/** Appends a leaf hash. `nodes` are the subtrees that it completes, the leaf itself first. */
export function extend(
  frontier: Frontier,
  leaf: Uint8Array,
): { readonly frontier: Frontier; readonly nodes: readonly MerkleNode[] } {
  const peaks = [...frontier.peaks]
  let top: MerkleNode = { level: 0, index: frontier.size, hash: leaf }
  const nodes = [top]
  for (let left = peaks.at(-1); left?.level === top.level; left = peaks.at(-1)) {
    peaks.pop()
    top = {
      level: top.level + 1,
      index: Math.floor(top.index / 2),
      hash: nodeHash(left.hash, top.hash),
    }
    nodes.push(top)
  }
  peaks.push(top)
  return { frontier: { size: frontier.size + 1, peaks }, nodes }
}

export function rootOfFrontier({ peaks }: Frontier): Uint8Array {
  const last = peaks.at(-1)
  if (last === undefined) return emptyRoot()
  return peaks.slice(0, -1).reduceRight((right, peak) => nodeHash(peak.hash, right), last.hash)
}

/** Where the peaks of a tree of `size` leaves are, largest first. */
export function peakPlaces(size: number): readonly NodePlace[] {
  const places: NodePlace[] = []
  let rest = size
  for (let level = 0; rest > 0; level += 1) {
    if (rest % 2 === 1) places.unshift({ level, index: rest - 1 })
    rest = Math.floor(rest / 2)
  }
  return places
}
