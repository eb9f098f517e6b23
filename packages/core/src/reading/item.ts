// An item as callers get it. Most of them never look at the stored bytes, and to copy those takes as long as to parse them
// half-way; so they are made from the line's text when they are asked for. The property is an own one all the same:
// copies and clones of an item have it.

import type { Ordinal, RolloutLine } from '@cenotaph/rollout'

export interface ThreadItem {
  readonly ordinal: Ordinal
  readonly timestamp: string | null
  readonly type: string
  /** Parsed; `line` has the bytes. */
  readonly payload: unknown
  /** The stored line without its newline. */
  readonly line: Uint8Array
}

export class Item implements ThreadItem {
  static readonly #line: PropertyDescriptor = {
    enumerable: true,
    get(this: Item): Uint8Array {
      if (typeof this.#stored === 'string') this.#stored = Buffer.from(this.#stored)
      return this.#stored
    },
  }

  readonly ordinal: Ordinal
  readonly timestamp: string | null
  readonly type: string
  readonly payload: unknown
  declare readonly line: Uint8Array
  #stored: string | Uint8Array

  constructor({ ordinal, timestamp, type, value, text, bytes }: RolloutLine) {
    this.ordinal = ordinal
    this.timestamp = timestamp ?? null
    this.type = type
    this.payload = value.payload
    // The reader's bytes are a view of a whole chunk, which would live as long as the item.
    this.#stored = text ?? Buffer.from(bytes)
    Object.defineProperty(this, 'line', Item.#line)
  }
}
