import { createHash } from 'node:crypto'
import { nodeEntropy } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { commit, newSalt } from './commitment.js'

const salt = Uint8Array.from({ length: 32 }, (_, index) => index)

describe('commit', () => {
  it('hashes the domain, the salt and the payload', () => {
    const hash = createHash('sha256').update('cenotaph.event.payload.1\n').update(salt).update('{}')
    expect(commit(Buffer.from('{}'), salt)).toEqual(new Uint8Array(hash.digest()))
  })

  it('differs for another payload or another salt', () => {
    const other = Uint8Array.from(salt, (byte) => byte ^ 1)
    const commitments = [
      commit(Buffer.from('{}'), salt),
      commit(Buffer.from('{ }'), salt),
      commit(Buffer.from('{}'), other),
    ]
    expect(new Set(commitments.map((bytes) => Buffer.from(bytes).toString('hex'))).size).toBe(3)
  })

  it('takes salts of 32 bytes only, which is what it makes', () => {
    expect(newSalt(nodeEntropy)).toHaveLength(32)
    for (const length of [0, 31, 33])
      expect(() => commit(salt, new Uint8Array(length))).toThrowError(
        expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
      )
  })
})
