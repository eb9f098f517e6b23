// Checks proofs without the log: RFC 9162, sections 2.1.3.2 and 2.1.4.2. Every input may be hostile: the
// answer is false, never an exception. Numbers are halved arithmetically, because sizes exceed 32 bits.

import { emptyRoot, equalBytes, hashLengthBytes, nodeHash } from './hashes.js'

export interface InclusionClaim {
  /** Leaf hash. */
  readonly leaf: Uint8Array
  readonly position: number
  readonly treeSize: number
  /** Lowest sibling first. */
  readonly proof: readonly Uint8Array[]
  readonly root: Uint8Array
}

/** True when the leaf is at that position of the tree with that size and root. */
export function verifyInclusion({
  leaf,
  position,
  treeSize,
  proof,
  root,
}: InclusionClaim): boolean {
  if (!isSize(position) || !isSize(treeSize) || position >= treeSize) return false
  if (![leaf, root, ...proof].every(isHash)) return false
  let node = position
  let last = treeSize - 1
  let hash = leaf
  for (const sibling of proof) {
    if (last === 0) return false
    if (isOdd(node) || node === last) {
      hash = nodeHash(sibling, hash)
      while (!isOdd(node) && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else {
      hash = nodeHash(hash, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 && equalBytes(hash, root)
}

export interface ConsistencyClaim {
  readonly fromSize: number
  readonly fromRoot: Uint8Array
  readonly toSize: number
  readonly toRoot: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * True when the tree of `fromSize` is a prefix of the tree of `toSize`. The empty tree is a prefix of all;
 * its proof, and that of equal sizes, is empty.
 */
export function verifyConsistency(claim: ConsistencyClaim): boolean {
  const { fromSize, fromRoot, toSize, toRoot, proof } = claim
  if (!isSize(fromSize) || !isSize(toSize) || fromSize > toSize) return false
  if (![fromRoot, toRoot, ...proof].every(isHash)) return false
  if (fromSize === toSize && !equalBytes(fromRoot, toRoot)) return false
  if (fromSize === 0 && !equalBytes(fromRoot, emptyRoot())) return false
  if (fromSize === 0 || fromSize === toSize) return proof.length === 0

  let node = fromSize - 1
  let last = toSize - 1
  while (isOdd(node)) {
    node = half(node)
    last = half(last)
  }
  // An old tree that is one whole subtree is its own first hash, so the proof leaves it out.
  const [first, ...rest] = node === 0 ? [fromRoot, ...proof] : proof
  if (first === undefined) return false
  let fromHash = first
  let toHash = first
  for (const sibling of rest) {
    if (last === 0) return false
    if (isOdd(node) || node === last) {
      fromHash = nodeHash(sibling, fromHash)
      toHash = nodeHash(sibling, toHash)
      while (!isOdd(node) && node !== 0) {
        node = half(node)
        last = half(last)
      }
    } else {
      toHash = nodeHash(toHash, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 && equalBytes(fromHash, fromRoot) && equalBytes(toHash, toRoot)
}

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0
const isHash = (bytes: Uint8Array): boolean =>
  bytes instanceof Uint8Array && bytes.length === hashLengthBytes
const isOdd = (value: number): boolean => value % 2 === 1
const half = (value: number): number => Math.floor(value / 2)
