import { createHash, generateKeyPairSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { diskError, failNth, faultyDisk } from '../root/faulty-disk.fixture.js'
import { temporaryFolders } from '../root/temporary-folder.fixture.js'
import { toBase64 } from './encoding.js'
import { createSigningKey, fingerprintOf, loadSigningKey, verifySignature } from './signing-key.js'

const fixed = { bytes: (length: number) => Uint8Array.from({ length }, (_, index) => index) }
const message = Buffer.from('a message')

describe('signing key', () => {
  const temporaryFolder = temporaryFolders()
  const newPath = async () => path.join(await temporaryFolder(), 'key.pem')

  it('is made once, private, and the same when loaded', async () => {
    const file = await newPath()
    expect(await loadSigningKey(nodeDisk, file)).toBeUndefined()
    const made = await createSigningKey(nodeDisk, file)
    const loaded = await loadSigningKey(nodeDisk, file)
    expect(loaded?.publicKey).toBe(made.publicKey)
    expect(loaded?.fingerprint).toBe(made.fingerprint)
    expect(loaded?.sign(message)).toEqual(made.sign(message))
    expect((await nodeDisk.stat(file))?.mode).toBe(0o600)
    expect(await readFile(file, 'latin1')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  })

  it('derives from the entropy as RFC 8032 says, and is named by its hash', async () => {
    const key = await createSigningKey(nodeDisk, await newPath(), fixed)
    const raw = Buffer.from(
      '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8',
      'hex',
    )
    expect(key.publicKey).toBe(raw.toString('base64'))
    expect(key.fingerprint).toBe(createHash('sha256').update(raw).digest('hex'))
    expect(fingerprintOf(key.publicKey)).toBe(key.fingerprint)
    expect(fingerprintOf('AAAA')).toBeUndefined()
  })

  it('never replaces a key, damaged or not', async () => {
    const file = await newPath()
    await writeFile(file, 'what it was')
    await expect(createSigningKey(nodeDisk, file)).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
    expect(await readFile(file, 'latin1')).toBe('what it was')
  })

  it('appears whole or not at all, whichever effect fails', async () => {
    let failures = 0
    for (let index = 0; failures === index; index += 1) {
      const file = await newPath()
      const { fault, reached } = failNth(index, () => diskError('EIO'))
      const made = await createSigningKey(faultyDisk(fault), file).catch(() => undefined)
      expect(made === undefined).toBe(reached())
      if (reached()) failures += 1
      const found = await loadSigningKey(nodeDisk, file)
      if (made) expect(found?.fingerprint).toBe(made.fingerprint)
    }
    expect(failures).toBeGreaterThan(4)
  })

  it('tells a damaged file, and a key of another kind', async () => {
    const file = await newPath()
    await createSigningKey(nodeDisk, file)
    const pem = await readFile(file)
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const others = [
      '',
      pem.subarray(0, 60),
      pem.toString('latin1').replace('BEGIN', 'BEGIM'),
      privateKey.export({ format: 'pem', type: 'pkcs8' }),
      publicKey.export({ format: 'pem', type: 'spki' }),
    ]
    for (const other of others) {
      await writeFile(file, other)
      await expect(loadSigningKey(nodeDisk, file)).rejects.toMatchObject({ code: 'KEY_MISMATCH' })
    }
  })

  it('gives itself away by its fingerprint after any flipped bit that still parses', async () => {
    const file = await newPath()
    const key = await createSigningKey(nodeDisk, file, fixed)
    const pem = await readFile(file)
    let parsed = 0
    for (let bit = 0; bit < pem.length * 8; bit += 1) {
      const flipped = Buffer.from(pem)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      await writeFile(file, flipped)
      const loaded = await loadSigningKey(nodeDisk, file).catch((error) => {
        expect(error.code).toBe('KEY_MISMATCH')
      })
      // White space may change without changing the key.
      if (!loaded || loaded.fingerprint === key.fingerprint) continue
      parsed += 1
      expect(verifySignature(key.publicKey, message, toBase64(loaded.sign(message)))).toBe(false)
    }
    expect(parsed).toBeGreaterThan(0)
  })

  it('verifies its signature in one spelling only', async () => {
    const key = await createSigningKey(nodeDisk, await newPath(), fixed)
    const signature = toBase64(key.sign(message))
    expect(verifySignature(key.publicKey, message, signature)).toBe(true)
    expect(verifySignature(key.publicKey, Buffer.from('another'), signature)).toBe(false)
    for (let index = 0; index < signature.length; index += 1)
      for (const other of 'AQgw+=\n') {
        const text = signature.slice(0, index) + other + signature.slice(index + 1)
        if (text !== signature) expect(verifySignature(key.publicKey, message, text)).toBe(false)
      }
    for (const publicKey of [
      '',
      'x',
      toBase64(new Uint8Array(31)),
      toBase64(new Uint8Array(32).fill(255)),
    ])
      expect(verifySignature(publicKey, message, signature)).toBe(false)
    expect(verifySignature(key.publicKey.replace('=', ''), message, signature)).toBe(false)
  })
})
