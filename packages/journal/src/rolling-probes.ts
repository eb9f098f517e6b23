// Many probes at once by a rolling hash (the Rabin-Karp way): one pass over the bytes for each length that a probe has.
// A bit field says for nearly every window that no probe has its hash; what it lets through is looked up and compared,
// so that what is found is there, byte for byte. Probes of one slot are chained through one array of numbers: lists of
// their own would be 70,000 objects for a delete of 10,000 threads, and the collector would stop everybody for them.

import { marked } from './marks.js'
import type { Look } from './probe-index.js'

const BASE = 0x01000193
const FIELD_BITS = 22
const SLOT_BITS = 16
const NONE = -1

interface Length {
  readonly bytes: number
  /** What the oldest byte of a window weighs. */
  readonly weight: number
  readonly field: Uint8Array
  /** The newest probe of each slot. */
  readonly slots: Int32Array
}

export class RollingProbes {
  readonly #probes: readonly Uint8Array[]
  readonly #lengths = new Map<number, Length>()
  readonly #hashes: Int32Array
  /** The probe before this one in the same slot. */
  readonly #before: Int32Array

  constructor(probes: readonly Uint8Array[]) {
    this.#probes = probes
    this.#hashes = new Int32Array(probes.length)
    this.#before = new Int32Array(probes.length)
  }

  /** Takes the probes from `start` to before `end` in. */
  learn(start: number, end: number): void {
    for (let index = start; index < end; index += 1) {
      const probe = this.#probes[index]!
      const { field, slots } = this.#lengthOf(probe.length)
      let hash = 0
      for (const byte of probe) hash = (Math.imul(hash, BASE) + byte) | 0
      const bit = bitOf(hash)
      field[bit >>> 3]! |= 1 << (bit & 7)
      const slot = slotOf(bit)
      this.#hashes[index] = hash
      this.#before[index] = slots[slot]!
      slots[slot] = index
    }
  }

  begin(): Look {
    const found = new Uint8Array(this.#probes.length)
    return {
      found: () => marked(found),
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
      const field = new Uint8Array(2 ** (FIELD_BITS - 3))
      length = { bytes, weight, field, slots: new Int32Array(2 ** SLOT_BITS).fill(NONE) }
      this.#lengths.set(bytes, length)
    }
    return length
  }

  #look(bytes: Uint8Array, { bytes: size, weight, field, slots }: Length, found: Uint8Array): void {
    let hash = 0
    for (let end = 0; end < bytes.length; end += 1) {
      hash = (Math.imul(hash, BASE) + bytes[end]!) | 0
      if (end < size - 1) continue
      if (end >= size) hash = (hash - Math.imul(weight, bytes[end - size]!)) | 0
      const bit = bitOf(hash)
      if ((field[bit >>> 3]! & (1 << (bit & 7))) === 0) continue
      const start = end - size + 1
      for (let index = slots[slotOf(bit)]!; index !== NONE; index = this.#before[index]!) {
        if (found[index] === 0 && this.#hashes[index] === hash && this.#isAt(bytes, start, index))
          found[index] = 1
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

const slotOf = (bit: number): number => bit >>> (FIELD_BITS - SLOT_BITS)
