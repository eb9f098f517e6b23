// Operation ids are ULIDs that ascend across restarts and across clocks that step back: the id after
// the last one is never below it, so key order, commit order and id order are the same.

import type { Clock, Entropy } from '@cenotaph/storage'
import { decodeTime, encodeTime, incrementBase32, TIME_LEN, TIME_MAX } from 'ulid'
import type { OperationId } from './keys.js'

const RANDOM_BYTES = 10
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export class OperationIds {
  readonly #clock: Clock
  readonly #entropy: Entropy
  #last: OperationId | undefined

  /** `last` is the newest id that the store has ever given out; undefined for a new store. */
  constructor(clock: Clock, entropy: Entropy, last?: OperationId) {
    this.#clock = clock
    this.#entropy = entropy
    this.#last = last
  }

  /** The newest id that was given out, here or before. */
  get last(): OperationId | undefined {
    return this.#last
  }

  /** An id that was given out elsewhere, such as by the store that is being rebuilt: later ones are above it. */
  note(id: OperationId): void {
    if (this.#last === undefined || this.#last < id) this.#last = id
  }

  /** The next id: greater than every id before it. Its time is the wall clock's where that has moved on. */
  next(): OperationId {
    const wallMs = Math.min(Math.max(Math.trunc(this.#clock.wallMs()), 0), TIME_MAX)
    const id = this.#last === undefined ? this.#at(wallMs) : this.#after(this.#last, wallMs)
    this.#last = id
    return id
  }

  #after(last: OperationId, wallMs: number): OperationId {
    const lastMs = decodeTime(last)
    if (wallMs > lastMs) return this.#at(wallMs)
    const random = last.slice(TIME_LEN)
    // 80 random bits that are all set have no successor, so the time moves on instead.
    if (/^Z+$/.test(random)) return this.#at(lastMs + 1)
    return (last.slice(0, TIME_LEN) + incrementBase32(random)) as OperationId
  }

  #at(timeMs: number): OperationId {
    return (encodeTime(timeMs, TIME_LEN) + base32(this.#entropy.bytes(RANDOM_BYTES))) as OperationId
  }
}

/** The 128 bits of an id, for the XOR over the open intents. */
export function operationIdBits(id: OperationId): bigint {
  let bits = 0n
  for (const digit of id) bits = (bits << 5n) | BigInt(DIGITS.indexOf(digit))
  return bits
}

/** XORs an id into a sum of 32 hexadecimal digits: the same call adds it and takes it out again. */
export const toggleId = (sum: string, id: OperationId): string =>
  (BigInt(`0x${sum}`) ^ operationIdBits(id)).toString(16).padStart(32, '0')

function base32(bytes: Uint8Array): string {
  let digits = ''
  let bits = 0
  let bitCount = 0
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xffff
    bitCount += 8
    while (bitCount >= 5) {
      bitCount -= 5
      digits += DIGITS[(bits >>> bitCount) & 31]
    }
  }
  return digits
}
