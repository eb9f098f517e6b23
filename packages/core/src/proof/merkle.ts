// The event log as a Merkle tree (RFC 9162): one leaf an event, in order of position. Only the right edge is
// in memory; the nodes of complete subtrees are stored by the caller, in the same batch as the event that
// completes them, and never change.
//
// Survives a batch that fails: `plan` changes nothing, `apply` takes over what the plan computed and is
// called once the batch is durable. A node that is missing or has a wrong length is LEVEL_DAMAGED.

import { StoreError } from '@cenotaph/storage'
import {
  emptyFrontier,
  extend,
  type Frontier,
  type MerkleNode,
  peakPlaces,
  rootOfFrontier,
} from './frontier.js'
import { hashLengthBytes } from './hashes.js'
import { consistencyPath, hashOfRange, inclusionPath } from './merkle-paths.js'

/** Reads a stored node; undefined where there is none. */
export type ReadNode = (level: number, index: number) => Promise<Uint8Array | undefined>

/** Where a leaf stands in the tree that ends with it, and the proof of that. */
export interface LogPlace {
  readonly position: number
  /** `position + 1`. */
  readonly treeSize: number
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** What appending some leaves would do. */
export interface MerklePlan {
  readonly sizeBefore: number
  readonly sizeAfter: number
  readonly rootAfter: Uint8Array
  /** To be stored in the batch that holds the events. */
  readonly nodes: readonly MerkleNode[]
  /** Place of a planned leaf. ARGUMENT_INVALID for a position that the plan does not append. */
  placeOf(position: number): LogPlace
  /** Takes the plan over, synchronously. ARGUMENT_INVALID if the log has changed since it was made. */
  apply(): void
}

export class MerkleLog {
  readonly #readNode: ReadNode
  /** As it was before the newest leaf: the proof of that leaf. */
  #previous: Frontier
  #frontier: Frontier

  private constructor(readNode: ReadNode, previous: Frontier, frontier: Frontier) {
    this.#readNode = readNode
    this.#previous = previous
    this.#frontier = frontier
  }

  /** The log as it was when it had `size` leaves. The caller compares `root()` with what it trusts. */
  static async load(size: number, readNode: ReadNode): Promise<MerkleLog> {
    requireSize(size, Number.MAX_SAFE_INTEGER)
    if (size === 0) return new MerkleLog(readNode, emptyFrontier, emptyFrontier)
    const peaks: MerkleNode[] = []
    for (const { level, index } of peakPlaces(size - 1))
      peaks.push({ level, index, hash: await requireNode(readNode, level, index) })
    const previous = { size: size - 1, peaks }
    const newest = await requireNode(readNode, 0, size - 1)
    return new MerkleLog(readNode, previous, extend(previous, newest).frontier)
  }

  /** Number of leaves. */
  get size(): number {
    return this.#frontier.size
  }

  root(): Uint8Array {
    return rootOfFrontier(this.#frontier)
  }

  /** Inclusion proof of the newest leaf in the tree of now. ARGUMENT_INVALID while the log is empty. */
  proofOfLast(): Uint8Array[] {
    if (this.size === 0) throw invalid('an empty log has no newest leaf', {})
    return proofAfter(this.#previous)
  }

  /** Appends a leaf hash at once. `nodes` are every complete subtree that it completes, itself first. */
  append(leaf: Uint8Array): { readonly position: number; readonly nodes: readonly MerkleNode[] } {
    const plan = this.plan([leaf])
    plan.apply()
    return { position: plan.sizeBefore, nodes: plan.nodes }
  }

  /** Computes what appending these leaf hashes would do, and changes nothing. */
  plan(leaves: readonly Uint8Array[]): MerklePlan {
    const before = this.#frontier
    const frontiers = [before]
    const nodes: MerkleNode[] = []
    let after = before
    for (const leaf of leaves) {
      if (leaf.length !== hashLengthBytes) throw invalid('not a leaf hash', { bytes: leaf.length })
      const step = extend(after, leaf)
      after = step.frontier
      frontiers.push(after)
      nodes.push(...step.nodes)
    }
    return {
      sizeBefore: before.size,
      sizeAfter: after.size,
      rootAfter: rootOfFrontier(after),
      nodes,
      placeOf: (position) => placeIn(frontiers, position),
      apply: () => {
        if (this.#frontier !== before) throw invalid('the log has changed since the plan', {})
        this.#previous = frontiers.at(-2) ?? this.#previous
        this.#frontier = after
      },
    }
  }

  /** An independent log over the same stored nodes, to try something on and throw away. */
  clone(): MerkleLog {
    return new MerkleLog(this.#readNode, this.#previous, this.#frontier)
  }

  /** Root of the tree of the first `treeSize` leaves. */
  async rootAt(treeSize: number): Promise<Uint8Array> {
    requireSize(treeSize, this.size)
    return treeSize === 0 ? rootOfFrontier(emptyFrontier) : hashOfRange(this.#node, 0, treeSize)
  }

  /** Proof that leaf `position` is in the tree of the first `treeSize` leaves, lowest hash first. */
  async inclusionProof(position: number, treeSize: number): Promise<Uint8Array[]> {
    requireSize(treeSize, this.size)
    requireSize(position, treeSize - 1)
    return inclusionPath(this.#node, position, treeSize)
  }

  /** Proof that the first `fromSize` of `toSize` leaves are what the tree of `fromSize` had. */
  async consistencyProof(fromSize: number, toSize: number): Promise<Uint8Array[]> {
    requireSize(toSize, this.size)
    requireSize(fromSize, toSize)
    return consistencyPath(this.#node, fromSize, toSize)
  }

  readonly #node = (level: number, index: number): Promise<Uint8Array> =>
    requireNode(this.#readNode, level, index)
}

const proofAfter = (previous: Frontier): Uint8Array[] =>
  previous.peaks.map((peak) => peak.hash).reverse()

/** `frontiers[n]` is the log after n of the planned leaves. */
function placeIn(frontiers: readonly Frontier[], position: number): LogPlace {
  const planned = position - (frontiers[0]?.size ?? 0)
  const [previous, frontier] = [frontiers[planned], frontiers[planned + 1]]
  if (!previous || !frontier) throw invalid('the plan does not append this position', { position })
  const root = rootOfFrontier(frontier)
  return { position, treeSize: frontier.size, root, proof: proofAfter(previous) }
}

async function requireNode(read: ReadNode, level: number, index: number): Promise<Uint8Array> {
  const hash = await read(level, index)
  if (hash?.length === hashLengthBytes) return hash
  throw new StoreError('LEVEL_DAMAGED', 'a node of the event log is missing or damaged', {
    detail: { level, index, bytes: hash?.length },
  })
}

function requireSize(value: number, max: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value <= max) return
  throw invalid('no such position or size of the event log', { value, max })
}

const invalid = (message: string, detail: Readonly<Record<string, unknown>>): StoreError =>
  new StoreError('ARGUMENT_INVALID', message, { detail })
