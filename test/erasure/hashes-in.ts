// Whether a hash, or the first half of it, is in some files: as bytes, as hex in either case, or in base64. An index of
// the first 8 bytes of each window makes one look cheap.

export interface IndexedBytes {
  has(hash: Uint8Array): boolean
}

const PREFIX_BYTES = 8

export function indexOf(contents: readonly Uint8Array[]): IndexedBytes {
  const raw = new Set<bigint>()
  const text = new Set<string>()
  for (const content of contents) {
    const bytes = Buffer.from(content)
    for (let at = 0; at + PREFIX_BYTES <= bytes.length; at += 1) raw.add(bytes.readBigUInt64LE(at))
    const latin = bytes.toString('latin1')
    for (const [run] of latin.matchAll(/[0-9a-fA-F]{16,}/g))
      for (let at = 0; at + 16 <= run.length; at += 1)
        text.add(run.slice(at, at + 16).toLowerCase())
    for (const [run] of latin.matchAll(/[A-Za-z0-9+/_-]{10,}/g))
      for (let at = 0; at + 10 <= run.length; at += 1) text.add(run.slice(at, at + 10))
  }
  return {
    has(hash) {
      const bytes = Buffer.from(hash)
      return (
        raw.has(bytes.readBigUInt64LE(0)) ||
        text.has(bytes.toString('hex').slice(0, 16)) ||
        text.has(bytes.toString('base64').slice(0, 10)) ||
        text.has(bytes.toString('base64url').slice(0, 10))
      )
    },
  }
}
