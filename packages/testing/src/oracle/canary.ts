// Canaries: text that occurs nowhere else. One is 48 bytes, a token of 16 bytes three times over, so that any piece of
// 31 bytes or more still holds a whole token: a residue that was cut in two is found as well as a whole one. They
// survive JSON, paths and file names unchanged.

import { pick, type Random } from '../random.js'

export const TOKEN_BYTES = 16
export const TOKEN_PREFIX = 'cnry'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
const REPEATS = 3

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
      while (token.length < TOKEN_BYTES) token += ALPHABET[pick(this.#random, ALPHABET.length)]
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

/** Notes every token that stands in some bytes, under a name for where they were. */
export function collect(content: Uint8Array, name: string, found: Map<string, Set<string>>): void {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length)
  for (
    let at = bytes.indexOf(TOKEN_PREFIX);
    at >= 0;
    at = bytes.indexOf(TOKEN_PREFIX, at + TOKEN_PREFIX.length)
  ) {
    const token = bytes.toString('latin1', at, at + TOKEN_BYTES)
    const files = found.get(token)
    if (files) files.add(name)
    else found.set(token, new Set([name]))
  }
}
