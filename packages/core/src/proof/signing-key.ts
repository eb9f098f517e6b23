// The ed25519 key that signs receipts: `.cenotaph/key.pem`, PKCS #8, 0600.
//
// Survives a crash while it is made: the file appears whole or not at all. Does not survive rot by itself:
// a flipped bit inside the key's 32 bytes is another valid key, so the caller compares `fingerprint` with
// the one in its anchor before it signs anything.

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import {
  type Disk,
  type Entropy,
  nodeEntropy,
  readWhole,
  replaceWhole,
  StoreError,
} from '@cenotaph/storage'
import { fromBase64, toBase64, toHex } from './encoding.js'
import { sha256 } from './hashes.js'

const keyLengthBytes = 32
const signatureLengthBytes = 64

/** What precedes the 32 secret bytes in PKCS #8 (RFC 8410, section 7). */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex')

export interface SigningKey {
  /** The raw 32 bytes of the public key, base64. */
  readonly publicKey: string
  /** SHA-256 of the raw public key, hex. */
  readonly fingerprint: string
  /** An ed25519 signature, 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array
}

/** Reads the key; undefined where there is no file. KEY_MISMATCH where the file holds no ed25519 key. */
export async function loadSigningKey(disk: Disk, path: string): Promise<SigningKey | undefined> {
  const pem = await readWhole(disk, path)
  return pem === undefined ? undefined : signingKeyOf(parsePem(pem, path))
}

/**
 * Makes a key and writes it, durable when it resolves. KEY_MISMATCH where a file of that name exists: a key
 * is never replaced, because the receipts that it signed would lose their anchor.
 */
export async function createSigningKey(
  disk: Disk,
  path: string,
  entropy: Entropy = nodeEntropy,
): Promise<SigningKey> {
  if (await disk.stat(path))
    throw new StoreError('KEY_MISMATCH', 'a signing key exists already', { detail: { path } })
  const der = Buffer.concat([pkcs8Prefix, entropy.bytes(keyLengthBytes)])
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const pem = secret.export({ format: 'pem', type: 'pkcs8' })
  await replaceWhole(disk, path, Buffer.from(pem))
  return signingKeyOf(secret)
}

/** SHA-256, in hex, of a public key given as base64; undefined where the text is no such key. */
export function fingerprintOf(publicKey: string): string | undefined {
  const raw = fromBase64(publicKey, keyLengthBytes)
  return raw && toHex(sha256(raw))
}

/** Whether `signature` (base64) is that of `publicKey` (base64) over `bytes`. Never throws. */
export function verifySignature(publicKey: string, bytes: Uint8Array, signature: string): boolean {
  const raw = fromBase64(publicKey, keyLengthBytes)
  const signed = fromBase64(signature, signatureLengthBytes)
  if (!raw || !signed) return false
  try {
    return verify(null, bytes, publicKeyOf(raw), signed)
  } catch {
    return false // 32 bytes that are no point of the curve.
  }
}

/** RFC 8037. OpenSSL takes ten times as long to find out what a DER key is. */
const publicKeyOf = (raw: Uint8Array): KeyObject =>
  createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') },
    format: 'jwk',
  })

function parsePem(pem: Uint8Array, path: string): KeyObject {
  let cause: unknown
  try {
    const key = createPrivateKey({ key: Buffer.from(pem), format: 'pem' })
    if (key.asymmetricKeyType === 'ed25519') return key
  } catch (error) {
    cause = error
  }
  throw new StoreError('KEY_MISMATCH', 'the signing key is damaged', { cause, detail: { path } })
}

function signingKeyOf(secret: KeyObject): SigningKey {
  const { x = '' } = createPublicKey(secret).export({ format: 'jwk' })
  const raw = new Uint8Array(Buffer.from(x, 'base64url'))
  return {
    publicKey: toBase64(raw),
    fingerprint: toHex(sha256(raw)),
    sign: (bytes) => new Uint8Array(sign(null, bytes, secret)),
  }
}
