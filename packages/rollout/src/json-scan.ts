// A JSON scanner over bytes, for what JSON.parse cannot say: where a value begins and ends, and how far a
// torn text is sound. It keeps no values and no recursion, so neither length nor depth can hurt it.
//
// It is as strict as RFC 8259 about structure, and checks of numbers and escapes only what it takes to find
// the end: a text that it finds complete still has to pass JSON.parse. UTF-8 needs no decoding here, since
// no byte of a multi-byte character is below 0x80.

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

export type JsonScan = ScanComplete | ScanBroken

export interface ScanComplete {
  readonly complete: true
  /** Where the value ends, exclusive. */
  readonly end: number
}

export interface ScanBroken {
  readonly complete: false
  /**
   * Nothing that began in vain lies before this offset: every object before it was a value inside the
   * broken one. It is the token that failed, or the string before it, for a text torn inside a string
   * makes the first quote of what follows look like that string's end.
   */
  readonly resumeAt: number
  /** The object, if any, that closed directly before the failure. */
  readonly lastClosed: { readonly start: number; readonly end: number } | undefined
}

/** Scans the one value that begins at `start` (spaces before it allowed). */
export function scanJson(bytes: Uint8Array, start: number): JsonScan {
  const opened: number[] = []
  let lastClosed: ScanBroken['lastClosed']
  let lastString = -1
  let expects: 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' = 'value'
  let at = skipSpace(bytes, start)
  for (;;) {
    const token = at
    const byte = bytes[at] ?? -1
    const inObject = bytes[opened.at(-1) ?? -1] === openBrace
    let isString = false
    let closes = false
    if (byte === quote && expects !== 'colon' && expects !== 'comma-or-end') {
      const end = stringEnd(bytes, at)
      if (end < 0) return broken(token, undefined)
      isString = true
      at = end
      if (expects === 'key' || expects === 'key-or-end') expects = 'colon'
      else closes = true
    } else if (expects === 'colon') {
      if (byte !== colon) return broken(lastString >= 0 ? lastString : token, undefined)
      at += 1
      expects = 'value'
    } else if (
      byte === closeBrace &&
      inObject &&
      (expects === 'key-or-end' || expects === 'comma-or-end')
    ) {
      at += 1
      lastClosed = { start: opened.pop() as number, end: at }
      closes = true
    } else if (
      byte === closeBracket &&
      !inObject &&
      opened.length > 0 &&
      (expects === 'value-or-end' || expects === 'comma-or-end')
    ) {
      at += 1
      opened.pop()
      lastClosed = undefined
      closes = true
    } else if (expects === 'comma-or-end') {
      if (byte !== comma) return broken(lastString >= 0 ? lastString : token, lastClosed)
      at += 1
      expects = inObject ? 'key' : 'value'
    } else if (expects === 'value' || expects === 'value-or-end') {
      if (byte === openBrace || byte === openBracket) {
        opened.push(at)
        at += 1
        expects = byte === openBrace ? 'key-or-end' : 'value-or-end'
      } else {
        const end = literalEnd(bytes, at)
        if (end === at) return broken(lastString >= 0 ? lastString : token, undefined)
        at = end
        closes = true
      }
    } else {
      return broken(lastString >= 0 ? lastString : token, undefined)
    }
    if (closes) {
      if (opened.length === 0) return { complete: true, end: at }
      expects = 'comma-or-end'
    }
    if (byte !== closeBrace) lastClosed = undefined
    lastString = isString ? token : -1
    at = skipSpace(bytes, at)
  }
}

function broken(resumeAt: number, lastClosed: ScanBroken['lastClosed']): ScanBroken {
  return { complete: false, resumeAt, lastClosed }
}

/** The first offset at or after `at` that holds no JSON whitespace. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let next = at
  while (isSpace(bytes[next])) next += 1
  return next
}

export function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

/** The end of the string whose opening quote is at `at`; -1 when it has none or holds a control character. */
function stringEnd(bytes: Uint8Array, at: number): number {
  for (let next = at + 1; next < bytes.length; next += 1) {
    const byte = bytes[next] as number
    if (byte === quote) return next + 1
    if (byte === backslash) next += 1
    else if (byte < 0x20) return -1
  }
  return -1
}

/** The end of the run of bytes that numbers, `true`, `false` and `null` are made of. */
function literalEnd(bytes: Uint8Array, at: number): number {
  let next = at
  for (; next < bytes.length; next += 1) {
    const byte = bytes[next] as number
    const digit = byte >= 0x30 && byte <= 0x39
    const letter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a
    if (!digit && !letter && byte !== 0x2b && byte !== 0x2d && byte !== 0x2e) break
  }
  return next
}
