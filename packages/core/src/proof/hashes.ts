// The hashes of the event log's tree: RFC 9162, section 2.1.1, with SHA-256. The leading byte keeps a leaf
// from ever being taken for an inner node, which is what makes a proof mean something.

import { createHash } from 'node:crypto'

export const hashLengthBytes = 32

const leafPrefix = Uint8Array.of(0x00)
const nodePrefix = Uint8Array.of(0x01)

/** SHA-256 of the parts, one after the other. 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}

/** Hash of a leaf from the bytes that it stands for. */
export const leafHash = (bytes: Uint8Array): Uint8Array => sha256(leafPrefix, bytes)

/** Hash of an inner node from the hashes of its two children. */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  sha256(nodePrefix, left, right)

/** Root of a tree without leaves. A copy each time, so that nobody can change it for others. */
export const emptyRoot = (): Uint8Array => sha256()

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
