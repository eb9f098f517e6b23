// A text as it may stand in the bytes of a rollout, so that most lines need not be parsed to know that they have not got
// it. JSON writes a text in more than one way. The way in which all common writers write is looked for as bytes; escapes
// that another writer may have used instead are looked for too, and whoever finds one has to parse the line.
//
// Whatever the case: a letter also stands for its other case where that is one letter that takes as many bytes. (The few
// others, such as the Turkish dotless i, stand for themselves.)

import { StoreError } from '@cenotaph/storage'

export interface TextPattern {
  /** The next place at or after `from` where the text may stand; -1 where there is none. Whole lines are searched. */
  indexIn(bytes: Buffer, from: number): number
  /** The next place at or after `from` of an escape that may hide the text; -1 where there is none. */
  hidingIn(bytes: Buffer, from: number): number
  /** Where the text stands in a decoded one. */
  find(text: string): TextPlace | undefined
}

/** UTF-16 units. */
export interface TextPlace {
  readonly start: number
  readonly end: number
}

const CHARACTERS_MAX = 1_000

/** @throws ARGUMENT_INVALID for a text of no characters, or more than 1,000 */
export function textPattern(
  text: string,
  { caseSensitive = false }: { readonly caseSensitive?: boolean } = {},
): TextPattern {
  const characters = [...text]
  if (characters.length === 0 || characters.length > CHARACTERS_MAX) {
    throw new StoreError('ARGUMENT_INVALID', `a search is for 1 to ${CHARACTERS_MAX} characters`, {
      detail: { characters: characters.length },
    })
  }
  const forms = characters.map((one) => (caseSensitive ? [one] : casesOf(one)))
  const classes = forms.flatMap(bytesOf)
  const isExact = classes.every((bytes) => bytes.length === 1)
  const exact = Buffer.from(classes.map((bytes) => bytes[0] ?? 0))
  return {
    indexIn: isExact ? (bytes, from) => bytes.indexOf(exact, from) : skipSearch(classes),
    hidingIn: hidingEscapes(characters),
    find: finder(forms),
  }
}

const byteLength = (text: string): number => Buffer.byteLength(text)

/** The character and its other case. */
function casesOf(character: string): readonly string[] {
  const cases = [character, character.toLowerCase(), character.toUpperCase()]
  const alike = cases.filter(
    (one) => [...one].length === 1 && byteLength(one) === byteLength(character),
  )
  return [...new Set(alike)]
}

/** For each byte of a character as JSON writes it, the bytes that it may be. */
function bytesOf(forms: readonly string[]): readonly number[][] {
  const written = forms.map((one) => Buffer.from(JSON.stringify(one).slice(1, -1)))
  const asEscape = /^\\u[0-9a-f]{4}$/.exec(written[0]!.toString())
  // The digits of an escape have two cases as well, whoever asks.
  if (asEscape) written.push(Buffer.from(`\\u${asEscape[0].slice(2).toUpperCase()}`))
  return [...written[0]!].map((_, index) => [...new Set(written.map((bytes) => bytes[index]!))])
}

/** Boyer-Moore-Horspool over classes of bytes: looks at the last byte of a place, and skips as far as that one allows. */
function skipSearch(classes: readonly (readonly number[])[]): TextPattern['indexIn'] {
  const last = classes.length - 1
  const skip = new Uint16Array(256).fill(classes.length)
  for (const [index, bytes] of classes.entries())
    if (index < last) for (const byte of bytes) skip[byte] = last - index
  // No step where a place may end.
  const step = skip.slice()
  for (const byte of classes[last]!) step[byte] = 0
  const fits = classes.map((bytes) => {
    const table = new Uint8Array(256)
    for (const byte of bytes) table[byte] = 1
    return table
  })
  return (bytes, from) => {
    const end = bytes.length
    let at = from + last
    while (at < end) {
      const next = step[bytes[at]!]!
      if (next > 0) {
        at += next
        continue
      }
      let index = last - 1
      while (index >= 0 && fits[index]![bytes[at - last + index]!] === 1) index -= 1
      if (index < 0) return at - last
      at += skip[bytes[at]!]!
    }
    return -1
  }
}

const BACKSLASH = 0x5c
const unicodeEscape = Buffer.from('\\u')
const slashEscape = Buffer.from('\\/')
/** Control characters that have a short escape, which common writers use. */
const shortEscaped = /[\b\t\n\f\r]/

function hidingEscapes(characters: readonly string[]): TextPattern['hidingIn'] {
  const text = characters.join('')
  const controlsHide = shortEscaped.test(text)
  const unicode = (bytes: Buffer, from: number): number =>
    escapeIn(bytes, from, unicodeEscape, (at) => controlsHide || !isControlEscape(bytes, at))
  if (!text.includes('/')) return unicode
  return (bytes, from) => {
    const slash = escapeIn(bytes, from, slashEscape, () => true)
    const other = unicode(bytes, from)
    return slash >= 0 && (other < 0 || slash < other) ? slash : other
  }
}

/** `\u0000` to `\u001f`: there is no other way to write most of them, and terminal output is full of them. */
const isControlEscape = (bytes: Buffer, at: number): boolean =>
  bytes[at + 2] === 0x30 &&
  bytes[at + 3] === 0x30 &&
  (bytes[at + 4] === 0x30 || bytes[at + 4] === 0x31)

function escapeIn(
  bytes: Buffer,
  from: number,
  wanted: Buffer,
  isHiding: (at: number) => boolean,
): number {
  for (let at = bytes.indexOf(wanted, from); at >= 0; at = bytes.indexOf(wanted, at + 2)) {
    if (isHiding(at) && !isEscaped(bytes, at)) return at
  }
  return -1
}

/** Whether the backslash is one that another stands before: text of its own, as in the path of a Windows file. */
function isEscaped(bytes: Buffer, at: number): boolean {
  let before = at
  while (bytes[before - 1] === BACKSLASH) before -= 1
  return (at - before) % 2 === 1
}

function finder(forms: readonly (readonly string[])[]): TextPattern['find'] {
  const classes = forms.map((cases) => `[${cases.map(escaped).join('')}]`)
  const expression = new RegExp(classes.join(''), 'u')
  return (text) => {
    const found = expression.exec(text)
    return found ? { start: found.index, end: found.index + found[0].length } : undefined
  }
}

/** As a class of a regular expression has it, whatever the character means there. */
const escaped = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`
