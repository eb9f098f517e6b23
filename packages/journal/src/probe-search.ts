// Search for many byte strings at once: the Wu-Manber way. A table tells, from the last two bytes of a
// window as wide as the shortest probe, how far the window may move on; so long probes are found faster
// than every byte is looked at, and the cost does not grow with their number. The table is made once, for any number of
// searches.

import { StoreError } from '@cenotaph/storage'
import { marked } from './marks.js'
import type { Look } from './probe-index.js'

const PAIRS = 65_536

export class ProbeSearch {
  /** Length of the longest probe. */
  readonly longestBytes: number
  readonly #probes: readonly Uint8Array[]
  readonly #windowBytes: number
  readonly #shifts: Uint32Array
  readonly #endingIn = new Map<number, number[]>()

  /** Throws ARGUMENT_INVALID for an empty probe. */
  constructor(probes: readonly Uint8Array[]) {
    if (probes.some((probe) => probe.length === 0))
      throw new StoreError('ARGUMENT_INVALID', 'a probe cannot be empty')
    this.#probes = probes
    this.longestBytes = probes.reduce((longest, probe) => Math.max(longest, probe.length), 0)
    const shortest = probes.reduce((least, probe) => Math.min(least, probe.length), PAIRS)
    this.#windowBytes = shortest
    this.#shifts = new Uint32Array(PAIRS).fill(Math.max(1, shortest - 1))
    for (const [index, probe] of probes.entries()) this.#learn(index, probe)
  }

  begin(): Look {
    const found = new Uint8Array(this.#probes.length)
    return {
      found: () => marked(found),
      look: (bytes) => {
        if (this.#probes.length === 0) return
        if (this.#windowBytes === 1) this.#lookForEach(bytes, found)
        else this.#lookForAll(bytes, found)
      },
    }
  }

  #lookForAll(bytes: Uint8Array, found: Uint8Array): void {
    const shifts = this.#shifts
    for (let end = this.#windowBytes - 1; end < bytes.length; ) {
      const pair = (bytes[end - 1]! << 8) | bytes[end]!
      const shift = shifts[pair]!
      if (shift === 0) {
        this.#compare(bytes, end - this.#windowBytes + 1, pair, found)
        end++
      } else end += shift
    }
  }

  #learn(index: number, probe: Uint8Array): void {
    for (let end = 1; end < this.#windowBytes; end++) {
      const pair = (probe[end - 1]! << 8) | probe[end]!
      const shift = this.#windowBytes - 1 - end
      if (shift < this.#shifts[pair]!) this.#shifts[pair] = shift
      if (shift > 0) continue
      const same = this.#endingIn.get(pair)
      if (same) same.push(index)
      else this.#endingIn.set(pair, [index])
    }
  }

  #compare(bytes: Uint8Array, start: number, pair: number, found: Uint8Array): void {
    for (const index of this.#endingIn.get(pair) ?? []) {
      const probe = this.#probes[index]!
      if (found[index] === 1 || start + probe.length > bytes.length) continue
      let at = 0
      while (at < probe.length && bytes[start + at] === probe[at]) at++
      if (at === probe.length) found[index] = 1
    }
  }

  /** One byte has no pair; such a probe is for tests and tools. */
  #lookForEach(bytes: Uint8Array, found: Uint8Array): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (const [index, probe] of this.#probes.entries())
      if (buffer.includes(Buffer.from(probe))) found[index] = 1
  }
}
