// XXH64 with seed 0, as the zstd format uses it for content checksums (RFC 8878, section 3.1.1) and for the
// seekable format's table. The code is WebAssembly, compiled when a checksum is first asked for: opening a store
// does not wait for it.

import xxhash, { type XXHashAPI } from 'xxhash-wasm'

let compiling: Promise<XXHashAPI> | undefined

function compiled(): Promise<XXHashAPI> {
  compiling ??= xxhash()
  return compiling
}

/** The low 32 bits of the hash of some bytes, which is what zstd stores. */
export async function xxh64Low32(bytes: Uint8Array): Promise<number> {
  return low32((await compiled()).h64Raw(bytes))
}

/** The same for bytes that come in portions. */
export interface Xxh64 {
  update(bytes: Uint8Array): void
  /** Call it once, at the end. */
  digestLow32(): number
}

export async function beginXxh64(): Promise<Xxh64> {
  const hash = (await compiled()).create64()
  return {
    update(bytes) {
      hash.update(bytes)
    },
    digestLow32: () => low32(hash.digest()),
  }
}

const low32 = (hash: bigint): number => Number(hash & 0xffffffffn)
