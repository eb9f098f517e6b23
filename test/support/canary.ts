// Canaries: text that occurs nowhere else. One is 48 bytes, a token of 16 bytes three times over, so that any piece of
// 31 bytes or more still holds a whole token: a residue that was cut in two is found as well as a whole one. They
// survive JSON, paths and file names unchanged.

export const TOKEN_BYTES = 16
export const TOKEN_PREFIX = 'cnry'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const REPEATS = 3

/** A source of numbers in [0, 1). */
export type Random = () => number

/** A repeatable source: the same seed gives the same numbers on every machine. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

export class Canaries {
  readonly #random: Random
  readonly #tokens = new Set<string>()

  constructor(random: Random) {
    this.#random = random
  }

  /** A new one, 48 bytes of ASCII. */
  next(): string {
    let token: string
    do {
      token = TOKEN_PREFIX
      while (token.length < TOKEN_BYTES) token += ALPHABET[Math.floor(this.#random() * 32)]
    } while (this.#tokens.has(token))
    this.#tokens.add(token)
    return token.repeat(REPEATS)
  }

  /** Every token so far. */
  get tokens(): ReadonlySet<string> {
    return this.#tokens
  }
}

/** All tokens in a text, each once. */
export function tokensIn(text: string): Set<string> {
  const found = new Set<string>()
  for (let at = text.indexOf(TOKEN_PREFIX); at >= 0; at = text.indexOf(TOKEN_PREFIX, at + 1)) {
    const token = text.slice(at, at + TOKEN_BYTES)
    if (/^cnry[a-z2-7]{12}$/.test(token)) found.add(token)
  }
  return found
}
