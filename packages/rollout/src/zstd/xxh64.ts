// XXH64 with seed 0, as the zstd format uses it for content checksums (RFC 8878, section 3.1.1) and for the
// seekable format's table. Bigints would be several times slower than this 64-bit arithmetic on
// pairs of 32-bit halves. Tested against the published test values and against bigint arithmetic.

type Pair = readonly [high: number, low: number]

const prime1: Pair = [0x9e3779b1, 0x85ebca87]
const prime2: Pair = [0xc2b2ae3d, 0x27d4eb4f]
const prime3: Pair = [0x165667b1, 0x9e3779f9]
const prime4: Pair = [0x85ebca77, 0xc2b2ae63]
const prime5: Pair = [0x27d4eb2f, 0x165667c5]

// The result of the 64-bit operations below. Module variables instead of returned pairs: nothing is
// allocated for each word, which is what makes it fast.
let high = 0
let low = 0

/** Feeds bytes in any portions; `digest` may be asked at any time and changes nothing. */
export class Xxh64 {
  readonly #lanes = new Int32Array(8)
  readonly #rest = new Uint8Array(32)
  #restBytes = 0
  #totalBytes = 0

  constructor() {
    add(prime1[0], prime1[1], prime2[0], prime2[1])
    this.#setLane(0)
    this.#lanes.set(prime2, 2)
    this.#lanes.set([0, 0], 4)
    add(0, 0, ~prime1[0], ~prime1[1] + 1)
    this.#setLane(3)
  }

  update(bytes: Uint8Array): this {
    this.#totalBytes += bytes.length
    let at = 0
    if (this.#restBytes > 0) {
      at = Math.min(32 - this.#restBytes, bytes.length)
      this.#rest.set(bytes.subarray(0, at), this.#restBytes)
      this.#restBytes += at
      if (this.#restBytes < 32) return this
      this.#stripes(viewOf(this.#rest), 0, 32)
      this.#restBytes = 0
    }
    const end = at + ((bytes.length - at) & ~31)
    if (end > at) this.#stripes(viewOf(bytes), at, end)
    this.#rest.set(bytes.subarray(end), 0)
    this.#restBytes = bytes.length - end
    return this
  }

  digest(): bigint {
    this.#finish()
    return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)
  }

  /** The low 32 bits, which is what zstd stores. */
  digestLow32(): number {
    this.#finish()
    return low >>> 0
  }

  #setLane(lane: number): void {
    this.#lanes[lane * 2] = high
    this.#lanes[lane * 2 + 1] = low
  }

  /** `round` for every word of whole stripes; written out with local variables, as it is all of the work. */
  #stripes(view: DataView, start: number, end: number): void {
    const lanes = this.#lanes
    for (let lane = 0; lane < 4; lane += 1) {
      let laneHigh = lanes[lane * 2] as number
      let laneLow = lanes[lane * 2 + 1] as number
      for (let at = start + lane * 8; at < end; at += 32) {
        const wordLow = view.getInt32(at, true)
        const wordHigh = view.getInt32(at + 4, true)
        const sum = (laneLow >>> 0) + (Math.imul(wordLow, 0x27d4eb4f) >>> 0)
        const sumHigh =
          (laneHigh +
            (sum > 0xffffffff ? 1 : 0) +
            productHigh(wordLow, 0xeb4f, 0x27d4) +
            Math.imul(wordHigh, 0x27d4eb4f) +
            Math.imul(wordLow, 0xc2b2ae3d)) |
          0
        const sumLow = sum | 0
        const turnedHigh = (sumHigh << 31) | (sumLow >>> 1)
        const turnedLow = (sumLow << 31) | (sumHigh >>> 1)
        laneHigh =
          (productHigh(turnedLow, 0xca87, 0x85eb) +
            Math.imul(turnedHigh, 0x85ebca87) +
            Math.imul(turnedLow, 0x9e3779b1)) |
          0
        laneLow = Math.imul(turnedLow, 0x85ebca87)
      }
      lanes[lane * 2] = laneHigh
      lanes[lane * 2 + 1] = laneLow
    }
  }

  #finish(): void {
    if (this.#totalBytes >= 32) this.#mergeLanes()
    else [high, low] = prime5
    add(high, low, Math.floor(this.#totalBytes / 2 ** 32), this.#totalBytes | 0)
    this.#mixRest()
    avalanche()
  }

  #mergeLanes(): void {
    const lanes = this.#lanes
    let sumHigh = 0
    let sumLow = 0
    for (const [lane, bits] of [1, 7, 12, 18].entries()) {
      rotateLeft(lanes[lane * 2] as number, lanes[lane * 2 + 1] as number, bits)
      add(sumHigh, sumLow, high, low)
      sumHigh = high
      sumLow = low
    }
    for (let lane = 0; lane < 4; lane += 1) {
      round(0, 0, lanes[lane * 2] as number, lanes[lane * 2 + 1] as number)
      multiply(sumHigh ^ high, sumLow ^ low, prime1)
      add(high, low, prime4[0], prime4[1])
      sumHigh = high
      sumLow = low
    }
  }

  #mixRest(): void {
    const view = viewOf(this.#rest)
    let at = 0
    for (; at + 8 <= this.#restBytes; at += 8) {
      const [sumHigh, sumLow] = [high, low]
      round(0, 0, view.getInt32(at + 4, true), view.getInt32(at, true))
      mix(sumHigh ^ high, sumLow ^ low, 27, prime1, prime4)
    }
    if (at + 4 <= this.#restBytes) {
      const [sumHigh, sumLow] = [high, low]
      multiply(0, view.getInt32(at, true), prime1)
      mix(sumHigh ^ high, sumLow ^ low, 23, prime2, prime3)
      at += 4
    }
    for (; at < this.#restBytes; at += 1) {
      const [sumHigh, sumLow] = [high, low]
      multiply(0, view.getUint8(at), prime5)
      rotateLeft(sumHigh ^ high, sumLow ^ low, 11)
      multiply(high, low, prime1)
    }
  }
}

/** The low 32 bits of the XXH64 of `bytes`. */
export function xxh64Low32(bytes: Uint8Array): number {
  return new Xxh64().update(bytes).digestLow32()
}

function round(sumHigh: number, sumLow: number, wordHigh: number, wordLow: number): void {
  multiply(wordHigh, wordLow, prime2)
  add(sumHigh, sumLow, high, low)
  rotateLeft(high, low, 31)
  multiply(high, low, prime1)
}

function mix(aHigh: number, aLow: number, bits: number, factor: Pair, addend: Pair): void {
  rotateLeft(aHigh, aLow, bits)
  multiply(high, low, factor)
  add(high, low, addend[0], addend[1])
}

function avalanche(): void {
  shiftRightXor(33)
  multiply(high, low, prime2)
  shiftRightXor(29)
  multiply(high, low, prime3)
  shiftRightXor(32)
}

function shiftRightXor(bits: number): void {
  if (bits >= 32) {
    low ^= high >>> (bits - 32)
    return
  }
  low ^= (low >>> bits) | (high << (32 - bits))
  high ^= high >>> bits
}

function add(aHigh: number, aLow: number, bHigh: number, bLow: number): void {
  const sum = (aLow >>> 0) + (bLow >>> 0)
  low = sum | 0
  high = (aHigh + bHigh + (sum > 0xffffffff ? 1 : 0)) | 0
}

function rotateLeft(aHigh: number, aLow: number, bits: number): void {
  high = (aHigh << bits) | (aLow >>> (32 - bits))
  low = (aLow << bits) | (aHigh >>> (32 - bits))
}

/** The low 64 bits of the product. */
function multiply(aHigh: number, aLow: number, [bHigh, bLow]: Pair): void {
  const carried = productHigh(aLow, bLow & 0xffff, bLow >>> 16)
  high = (carried + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) | 0
  low = Math.imul(aLow, bLow)
}

/** The high 32 bits of the product of two 32-bit numbers, the second given in halves. */
function productHigh(a: number, b0: number, b1: number): number {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const middle = (Math.imul(a0, b0) >>> 16) + (Math.imul(a1, b0) >>> 0)
  const upper = (middle & 0xffff) + (Math.imul(a0, b1) >>> 0)
  return (Math.imul(a1, b1) + Math.floor(middle / 65536) + Math.floor(upper / 65536)) | 0
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
