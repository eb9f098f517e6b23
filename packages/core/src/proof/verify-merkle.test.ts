import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leavesOf, naiveConsistency, naivePath, naiveRoot, tampered } from './merkle.fixture.js'
import { verifyConsistency, verifyInclusion } from './verify-merkle.js'

const leaves = leavesOf(70)
const roots = Array.from({ length: leaves.length + 1 }, (_, n) => naiveRoot(leaves.slice(0, n)))

describe('verifyInclusion', () => {
  const claimOf = (position: number, treeSize: number) => ({
    leaf: leaves[position]!,
    position,
    treeSize,
    proof: naivePath(position, leaves.slice(0, treeSize)),
    root: roots[treeSize]!,
  })

  it('accepts every leaf of every tree, and at no other position', () => {
    for (let treeSize = 1; treeSize <= leaves.length; treeSize += 1)
      for (let position = 0; position < treeSize; position += 1) {
        const claim = claimOf(position, treeSize)
        expect(verifyInclusion(claim)).toBe(true)
        for (const other of [position - 1, position + 1, position ^ 1, treeSize, -1, 0.5])
          if (other !== position) expect(verifyInclusion({ ...claim, position: other })).toBe(false)
        expect(verifyInclusion({ ...claim, root: roots[treeSize - 1]! })).toBe(false)
      }
  })

  it('rejects every change of leaf, root and proof', () => {
    for (const [position, treeSize] of [
      [0, 1],
      [0, 2],
      [4, 7],
      [6, 7],
      [20, 33],
      [32, 33],
      [69, 70],
    ] as const) {
      const claim = claimOf(position, treeSize)
      for (const [leaf, root, ...proof] of tampered([claim.leaf, claim.root, ...claim.proof]))
        expect(verifyInclusion({ ...claim, leaf: leaf!, root: root!, proof })).toBe(false)
      expect(verifyInclusion({ ...claim, proof: [...claim.proof, claim.leaf] })).toBe(false)
      if (claim.proof.length > 0)
        expect(verifyInclusion({ ...claim, proof: claim.proof.slice(1) })).toBe(false)
      const short = [...claim.proof.slice(0, -1), new Uint8Array(31)]
      expect(verifyInclusion({ ...claim, proof: short })).toBe(false)
    }
  })

  it('counts beyond 32 bits', () => {
    // The last leaf of a tree of 2 ** 40 + 1 leaves hangs on the root alone.
    const [left, leaf] = [leaves[0]!, leaves[1]!]
    const treeSize = 2 ** 40 + 1
    const claim = {
      leaf,
      position: 2 ** 40,
      treeSize,
      proof: [left],
      root: naiveRoot([left, leaf]),
    }
    expect(verifyInclusion(claim)).toBe(true)
    expect(verifyInclusion({ ...claim, position: 2 ** 40 - 1 })).toBe(false)
    expect(verifyInclusion({ ...claim, position: 2 ** 54, treeSize: 2 ** 54 + 2 })).toBe(false)
  })
})

describe('verifyConsistency', () => {
  const claimOf = (fromSize: number, toSize: number) => ({
    fromSize,
    fromRoot: roots[fromSize]!,
    toSize,
    toRoot: roots[toSize]!,
    proof: naiveConsistency(fromSize, leaves.slice(0, toSize)),
  })

  it('accepts every pair of sizes', () => {
    for (let toSize = 0; toSize <= leaves.length; toSize += 1)
      for (let fromSize = 0; fromSize <= toSize; fromSize += 1) {
        const claim = claimOf(fromSize, toSize)
        expect(verifyConsistency(claim)).toBe(true)
        expect(verifyConsistency({ ...claim, proof: [...claim.proof, leaves[0]!] })).toBe(false)
        if (fromSize > 0 && fromSize < toSize)
          expect(verifyConsistency({ ...claim, proof: [] })).toBe(false)
      }
  })

  it('rejects every change of the roots and the proof', () => {
    for (const [from, to] of [
      [1, 1],
      [1, 2],
      [3, 7],
      [4, 7],
      [6, 8],
      [32, 33],
      [33, 70],
    ] as const) {
      const claim = claimOf(from, to)
      for (const [fromRoot, toRoot, ...proof] of tampered([
        claim.fromRoot,
        claim.toRoot,
        ...claim.proof,
      ]))
        expect(verifyConsistency({ ...claim, fromRoot: fromRoot!, toRoot: toRoot!, proof })).toBe(
          false,
        )
    }
  })

  it('rejects a log whose history was rewritten', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 70 }), fc.nat(), fc.nat(), (to, first, second) => {
        const from = 1 + (first % (to - 1))
        const rewritten = leaves.slice(0, to)
        rewritten[second % from] = leavesOf(71)[70]!
        expect(
          verifyConsistency({
            fromSize: from,
            fromRoot: roots[from]!,
            toSize: to,
            toRoot: naiveRoot(rewritten),
            proof: naiveConsistency(from, rewritten),
          }),
        ).toBe(false)
      }),
    )
  })

  it('rejects sizes that are none, and an empty log with another root', () => {
    const claim = claimOf(3, 7)
    for (const fromSize of [-1, 8, 2.5, Number.NaN])
      expect(verifyConsistency({ ...claim, fromSize })).toBe(false)
    expect(verifyConsistency({ ...claimOf(0, 7), fromRoot: roots[1]! })).toBe(false)
    expect(verifyConsistency({ ...claim, proof: [new Uint8Array(3)] })).toBe(false)
  })
})
