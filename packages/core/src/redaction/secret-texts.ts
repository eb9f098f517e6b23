// The texts that a redaction takes away, so that what repeats them can be found elsewhere: in names, previews, events,
// attachments, quarantine. In memory only. Something repeats them where it holds 16 bytes in a row of one of them, or
// all of a shorter one that is more than a word.

const WINDOW_BYTES = 16
/** Any run of 16 bytes holds one of these pieces whole, wherever it begins. */
const PIECE_BYTES = WINDOW_BYTES / 2
const SHORT_BYTES_MIN = 8
const TEXT_BYTES_MAX = 2 * 1024 * 1024

/** Ids and times stand in many places and give nothing away. */
const common = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z?)$/i
const word = /^[\p{Letter}_-]+$/u

export class SecretTexts {
  readonly #texts: Buffer[] = []
  readonly #short = new Set<string>()
  readonly #pieces = new Map<string, { readonly text: number; readonly at: number }[]>()
  readonly #kept: Buffer[] = []
  #bytes = 0
  /** True where there was more text than is compared. */
  truncated = false

  /** Takes the strings of a payload; `type` names a kind and `turn_id` a turn, and both stay. */
  addPayload(payload: unknown): void {
    for (const text of stringsOf(payload)) this.#add(text)
  }

  /** A text that stays in its own place, such as the directory of the thread: to repeat it tells nothing. */
  keep(text: string): void {
    this.#kept.push(Buffer.from(text), Buffer.from(JSON.stringify(text).slice(1, -1)))
  }

  #add(text: string): void {
    if (common.test(text)) return
    const bytes = Buffer.from(text)
    if (bytes.length < SHORT_BYTES_MIN) return
    if (bytes.length < WINDOW_BYTES) {
      if (!word.test(text)) this.#short.add(text)
      return
    }
    if (this.#bytes + bytes.length > TEXT_BYTES_MAX) {
      this.truncated = true
      return
    }
    this.#learn(bytes)
    // As it stands inside of JSON.
    const stored = Buffer.from(JSON.stringify(text).slice(1, -1))
    if (stored.length !== bytes.length) this.#learn(stored)
  }

  #learn(bytes: Buffer): void {
    this.#bytes += bytes.length
    const text = this.#texts.push(bytes) - 1
    for (let at = 0; at + PIECE_BYTES <= bytes.length; at += PIECE_BYTES) {
      const piece = bytes.toString('latin1', at, at + PIECE_BYTES)
      const places = this.#pieces.get(piece)
      // A piece that stands in very many places is padding, or a line of a drawing.
      if (!places) this.#pieces.set(piece, [{ text, at }])
      else if (places.length < 64) places.push({ text, at })
    }
  }

  /** Whether `bytes` repeat some of the texts. */
  areRepeatedIn(bytes: Uint8Array): boolean {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (const short of this.#short) {
      if (buffer.includes(short) || buffer.includes(JSON.stringify(short).slice(1, -1))) return true
    }
    if (this.#pieces.size === 0) return false
    const text = buffer.toString('latin1')
    for (let at = 0; at + PIECE_BYTES <= text.length; at += 1) {
      const places = this.#pieces.get(text.slice(at, at + PIECE_BYTES))
      if (places?.some((place) => this.#isWindow(buffer, at, place))) return true
    }
    return false
  }

  /** Whether a short text that somebody gave, such as a name, comes from them. */
  include(text: string): boolean {
    const bytes = Buffer.from(text)
    if (bytes.length < SHORT_BYTES_MIN) return false
    return this.areRepeatedIn(bytes) || this.#texts.some((one) => one.includes(bytes))
  }

  #isWindow(buffer: Buffer, at: number, place: { text: number; at: number }): boolean {
    const text = this.#texts[place.text]!
    let before = 0
    let behind = PIECE_BYTES
    while (isSame(buffer, at - before - 1, text, place.at - before - 1)) before += 1
    while (isSame(buffer, at + behind, text, place.at + behind)) behind += 1
    if (before + behind < WINDOW_BYTES) return false
    const window = buffer.subarray(at - before, at + behind)
    return !this.#kept.some((kept) => kept.includes(window))
  }
}

const isSame = (a: Buffer, at: number, b: Buffer, place: number): boolean =>
  at >= 0 && place >= 0 && at < a.length && place < b.length && a[at] === b[place]

/** Every string of a JSON value but kinds and turn ids. */
export function* stringsOf(value: unknown, key = ''): Generator<string> {
  if (typeof value === 'string') {
    if (key !== 'type' && key !== 'turn_id') yield value
  } else if (Array.isArray(value)) for (const one of value) yield* stringsOf(one)
  else if (typeof value === 'object' && value !== null)
    for (const [name, one] of Object.entries(value)) yield* stringsOf(one, name)
}
