import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyRoot, leafHash, nodeHash } from './hashes.js'
import {
  leavesOf,
  logOf,
  NodeStore,
  naiveConsistency,
  naivePath,
  naiveRoot,
} from './merkle.fixture.js'
import { MerkleLog } from './merkle.js'

const leaves = leavesOf(70)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('hashes', () => {
  it('are those that RFC 9162 and Certificate Transparency give', () => {
    expect(hex(emptyRoot())).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    )
    expect(hex(leafHash(new Uint8Array()))).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    )
    const two = nodeHash(leafHash(new Uint8Array()), leafHash(Uint8Array.of(0)))
    expect(hex(two)).toBe('fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125')
  })
})

describe('MerkleLog', () => {
  it('has the root and the proof of its newest leaf at every size', async () => {
    const log = await MerkleLog.load(0, async () => undefined)
    expect(log.root()).toEqual(emptyRoot())
    for (let size = 1; size <= leaves.length; size += 1) {
      expect(log.append(leaves[size - 1]!).position).toBe(size - 1)
      expect(log.size).toBe(size)
      expect(log.root()).toEqual(naiveRoot(leaves.slice(0, size)))
      expect(log.proofOfLast()).toEqual(naivePath(size - 1, leaves.slice(0, size)))
    }
  })

  it('gives out every complete subtree once, with its hash', async () => {
    const { store } = await logOf(leaves)
    let subtrees = 0
    for (let level = 0; 2 ** level <= leaves.length; level += 1)
      for (let index = 0; (index + 1) * 2 ** level <= leaves.length; index += 1) {
        const covered = leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)
        expect(await store.read(level, index)).toEqual(naiveRoot(covered))
        subtrees += 1
      }
    expect(store.size).toBe(subtrees)
  })

  it('goes on from any size that it is loaded with', async () => {
    const { store } = await logOf(leaves)
    for (let size = 0; size < leaves.length; size += 1) {
      const log = await MerkleLog.load(size, store.read)
      expect(log.root()).toEqual(naiveRoot(leaves.slice(0, size)))
      if (size > 0) expect(log.proofOfLast()).toEqual(naivePath(size - 1, leaves.slice(0, size)))
      log.append(leaves[size]!)
      expect(log.root()).toEqual(naiveRoot(leaves.slice(0, size + 1)))
    }
  })

  it('proves every leaf in every tree', async () => {
    const { log } = await logOf(leaves)
    for (let size = 1; size <= leaves.length; size += 1) {
      expect(await log.rootAt(size)).toEqual(naiveRoot(leaves.slice(0, size)))
      for (let position = 0; position < size; position += 1)
        expect(await log.inclusionProof(position, size)).toEqual(
          naivePath(position, leaves.slice(0, size)),
        )
    }
    expect(await log.rootAt(0)).toEqual(emptyRoot())
  })

  it('proves every tree a prefix of every later one', async () => {
    const { log } = await logOf(leaves)
    for (let to = 0; to <= leaves.length; to += 1)
      for (let from = 0; from <= to; from += 1)
        expect(await log.consistencyProof(from, to)).toEqual(
          naiveConsistency(from, leaves.slice(0, to)),
        )
  })

  it('does so for random larger trees', async () => {
    const many = leavesOf(1500)
    const { log } = await logOf(many)
    const sizes = fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 71, max: 1500 }))
    await fc.assert(
      fc.asyncProperty(sizes, async ([first, second, to]) => {
        const tree = many.slice(0, to)
        const [position, from] = [first % to, second % (to + 1)]
        expect(await log.inclusionProof(position, to)).toEqual(naivePath(position, tree))
        expect(await log.consistencyProof(from, to)).toEqual(naiveConsistency(from, tree))
      }),
      { numRuns: 40 },
    )
  })

  it('plans without a change, and applies what it planned', async () => {
    const split = fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 30 }))
    await fc.assert(
      fc.asyncProperty(split, async ([before, added]) => {
        const { log } = await logOf(leaves.slice(0, before))
        const batch = leaves.slice(before, before + added)
        const plan = log.plan(batch)
        expect(log.size).toBe(before)
        expect(log.root()).toEqual(naiveRoot(leaves.slice(0, before)))
        expect([plan.sizeBefore, plan.sizeAfter]).toEqual([before, before + added])
        const other = log.clone()
        const nodes = batch.flatMap((leaf) => other.append(leaf).nodes)
        expect(plan.nodes).toEqual(nodes)
        expect(plan.rootAfter).toEqual(other.root())
        batch.forEach((_, index) => {
          const tree = leaves.slice(0, before + index + 1)
          expect(plan.placeOf(before + index)).toEqual({
            position: before + index,
            treeSize: tree.length,
            root: naiveRoot(tree),
            proof: naivePath(before + index, tree),
          })
        })
        plan.apply()
        expect(log.size).toBe(before + added)
        expect(log.root()).toEqual(plan.rootAfter)
        if (log.size > 0)
          expect(log.proofOfLast()).toEqual(naivePath(log.size - 1, leaves.slice(0, log.size)))
      }),
    )
  })

  it('refuses a plan that another change has overtaken, or that was applied', async () => {
    const { log } = await logOf(leaves.slice(0, 3))
    const [first, second] = [log.plan([leaves[3]!]), log.plan([leaves[4]!])]
    log.clone().append(leaves[5]!)
    first.apply()
    const root = log.root()
    for (const late of [first, second])
      expect(late.apply).toThrowError(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    expect(log.root()).toEqual(root)
  })

  it('refuses what does not exist', async () => {
    const { log } = await logOf(leaves.slice(0, 5))
    const refusal = { code: 'ARGUMENT_INVALID' }
    const empty = await MerkleLog.load(0, new NodeStore().read)
    expect(() => empty.proofOfLast()).toThrowError(expect.objectContaining(refusal))
    expect(() => log.append(new Uint8Array(31))).toThrowError(expect.objectContaining(refusal))
    for (const position of [-1, 4, 6, 0.5, Number.NaN])
      expect(() => log.plan([leaves[5]!]).placeOf(position)).toThrowError(
        expect.objectContaining(refusal),
      )
    for (const [position, size] of [
      [0, 0],
      [5, 5],
      [0, 6],
      [-1, 5],
      [0.5, 5],
    ] as const)
      await expect(log.inclusionProof(position, size)).rejects.toMatchObject(refusal)
    for (const [from, to] of [
      [3, 2],
      [0, 6],
      [-1, 5],
      [1, 2.5],
    ] as const)
      await expect(log.consistencyProof(from, to)).rejects.toMatchObject(refusal)
    await expect(log.rootAt(6)).rejects.toMatchObject(refusal)
    await expect(MerkleLog.load(-1, new NodeStore().read)).rejects.toMatchObject(refusal)
  })

  it('tells a stored node that is missing or has a wrong length', async () => {
    const { log, store } = await logOf(leaves.slice(0, 6))
    for (const hash of [undefined, new Uint8Array(31)]) {
      store.replace(2, 0, hash)
      const damage = { code: 'LEVEL_DAMAGED', detail: { level: 2, index: 0 } }
      await expect(MerkleLog.load(6, store.read)).rejects.toMatchObject(damage)
      await expect(log.inclusionProof(5, 6)).rejects.toMatchObject(damage)
    }
  })
})
