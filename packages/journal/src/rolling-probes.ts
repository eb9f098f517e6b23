// Many probes at once by a rolling hash (the Rabin-Karp way): one pass over the bytes for each length that a probe has.
// A bit field says for nearly every window that no probe has its hash; what it lets through is looked up and compared,
// so that what is found is there, byte for byte.

import type { Look } from './probe-index.js'

const BASE = 0x01000193
const FIELD_BITS = 22

interface Length {
  readonly bytes: number
  /** What the oldest byte of a window weighs. */
  readonly weight: number
  readonly field: Uint8Array
  readonly byHash: Map<number, number[]>
}

export class RollingProbes {
  readonly #probes: readonly Uint8Array[]
  readonly #lengths = new Map<number, Length>()

  constructor(probes: readonly Uint8Array[]) {
    this.#probes = probes
  }

  /** Takes the probes from `start` to before `end` in. */
  learn(start: number, end: number): void {
    for (let index = start; index < end; index += 1) {
      const probe = this.#probes[index]!
      const { field, byHash } = this.#lengthOf(probe.length)
      let hash = 0
      for (const byte of probe) hash = (Math.imul(hash, BASE) + byte) | 0
      const bit = bitOf(hash)
      field[bit >>> 3]! |= 1 << (bit & 7)
      const same = byHash.get(hash)
      if (same) same.push(index)
      else byHash.set(hash, [index])
    }
  }

  begin(): Look {
    const found = new Uint8Array(this.#probes.length)
    return {
      found: () => [...found.keys()].filter((index) => found[index] === 1),
      look: (bytes) => {
        for (const length of this.#lengths.values()) this.#look(bytes, length, found)
      },
    }
  }

  #lengthOf(bytes: number): Length {
    let length = this.#lengths.get(bytes)
    if (!length) {
      let weight = 1
      for (let power = 0; power < bytes; power += 1) weight = Math.imul(weight, BASE)
      length = { bytes, weight, field: new Uint8Array(2 ** (FIELD_BITS - 3)), byHash: new Map() }
      this.#lengths.set(bytes, length)
    }
    return length
  }

  #look(
    bytes: Uint8Array,
    { bytes: size, weight, field, byHash }: Length,
    found: Uint8Array,
  ): void {
    let hash = 0
    for (let end = 0; end < bytes.length; end += 1) {
      hash = (Math.imul(hash, BASE) + bytes[end]!) | 0
      if (end < size - 1) continue
      if (end >= size) hash = (hash - Math.imul(weight, bytes[end - size]!)) | 0
      const bit = Math.imul(hash, 0x9e3779b1) >>> (32 - FIELD_BITS)
      if ((field[bit >>> 3]! & (1 << (bit & 7))) === 0) continue
      for (const index of byHash.get(hash) ?? []) {
        if (found[index] === 0 && this.#isAt(bytes, end - size + 1, index)) found[index] = 1
      }
    }
  }

  #isAt(bytes: Uint8Array, start: number, index: number): boolean {
    const probe = this.#probes[index]!
    let at = 0
    while (at < probe.length && bytes[start + at] === probe[at]) at += 1
    return at === probe.length
  }
}

/** The high bits: the low ones depend on the low bits of the bytes alone. */
const bitOf = (hash: number): number => Math.imul(hash, 0x9e3779b1) >>> (32 - FIELD_BITS)
