// Frames that are decoded before they are asked for, for a reader who goes through a rollout from front to back: the next
// two, so that whoever works on one does not wait for another. Only frames that are small enough to hold three of them.
// The decoder's buffers are freed by full collections alone, so this costs tens of megabytes: for who scans faster than
// frames are decoded. What a decoder finds wrong is told when its frame is asked for.

/** Runs a piece of work on the thread pool: whoever shares one with others decides here when it begins. */
export type Gate = <T>(run: () => Promise<T>) => Promise<T>

const FRAMES_AHEAD = 2
/** Decoded bytes of one. */
const FRAME_BYTES_MAX = 8 * 1024 * 1024

interface Group {
  readonly bytes: number
}

interface Begun {
  readonly content: Promise<Uint8Array | undefined>
  /** While it waits for its turn: whether it is still worth one. */
  isWanted: boolean
}

export class FramesAhead {
  readonly #groups: readonly Group[]
  readonly #decode: (index: number) => Promise<Uint8Array | undefined>
  readonly #gate: Gate
  readonly #begun = new Map<number, Begun>()
  readonly #running = new Set<Promise<unknown>>()
  #previous = -1

  constructor(
    groups: readonly Group[],
    decode: (index: number) => Promise<Uint8Array | undefined>,
    gate: Gate,
  ) {
    this.#groups = groups
    this.#decode = decode
    this.#gate = gate
  }

  /** The decoded frame; undefined for one that is too large to decode at once. */
  take(index: number): Promise<Uint8Array | undefined> {
    const { content } = this.#begun.get(index) ?? this.#begin(index)
    for (const [other, one] of this.#begun) {
      if (other > index && other <= index + FRAMES_AHEAD) continue
      one.isWanted = other === index
      this.#begun.delete(other)
    }
    if (index === this.#previous + 1) this.#beginBehind(index)
    this.#previous = index
    return content
  }

  #beginBehind(index: number): void {
    for (let next = index + 1; next <= index + FRAMES_AHEAD; next += 1) {
      const group = this.#groups[next]
      if (!group || group.bytes > FRAME_BYTES_MAX) return
      if (!this.#begun.has(next)) this.#begun.set(next, this.#begin(next))
    }
  }

  #begin(index: number): Begun {
    const begun = { content: Promise.resolve<Uint8Array | undefined>(undefined), isWanted: true }
    begun.content = this.#gate(async () => {
      if (!begun.isWanted) return undefined
      const content = this.#decode(index)
      this.#running.add(content)
      return content.finally(() => this.#running.delete(content))
    })
    begun.content.catch(() => undefined)
    return begun
  }

  /** Nothing is under way any more when it resolves. */
  async end(): Promise<void> {
    for (const one of this.#begun.values()) one.isWanted = false
    this.#begun.clear()
    await Promise.allSettled(this.#running)
  }
}
