// Text of threads comes from anywhere, and a terminal obeys what it is sent. Control characters, and those that
// change the direction or the lines of what follows, are shown as escapes instead.

/** Control, format (direction, joiners, tags) and surrogate characters, and the separators of lines. */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** The text on one line, fit for a terminal. */
export const escapeText = (text: string): string =>
  text.replace(unsafe, (character) => {
    const code = character.codePointAt(0) ?? 0
    return short[character] ?? `\\u{${code.toString(16).padStart(4, '0')}}`
  })

/** As {@link escapeText}, and at most `charactersMax` characters long. */
export function clipText(text: string, charactersMax: number): string {
  const characters = [...escapeText(text)]
  if (characters.length <= charactersMax) return characters.join('')
  return `${characters.slice(0, charactersMax - 1).join('')}…`
}
