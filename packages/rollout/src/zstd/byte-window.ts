// Small reads at rising offsets, served from one larger read: headers of frames and blocks lie some bytes to
// some kilobytes apart.

/** Reads up to `length` bytes at `offset`; fewer only at the end. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>

export class ByteWindow {
  readonly #readAt: ReadAt
  readonly #windowBytes: number
  #start = 0
  #bytes: Uint8Array = new Uint8Array(0)

  constructor(readAt: ReadAt, windowBytes: number) {
    this.#readAt = readAt
    this.#windowBytes = windowBytes
  }

  /** The bytes [offset, offset + length), fewer only at the end. Valid until the next call. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const from = offset - this.#start
    if (from < 0 || from + length > this.#bytes.length) {
      this.#bytes = await this.#readAt(offset, Math.max(length, this.#windowBytes))
      this.#start = offset
      return this.#bytes.subarray(0, length)
    }
    return this.#bytes.subarray(from, from + length)
  }
}
