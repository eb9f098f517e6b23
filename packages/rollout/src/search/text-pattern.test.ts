import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textPattern } from './text-pattern.js'

/** Characters that JSON writes in more than one way, or that have two cases, or neither. */
const alphabet = [...'abkKsS Zz09"\\/\n\t\u001b\u0007\u007féÉдДßẞıİſKΩω日😀𐐀𐐨<&\u2028', '\ud800']

const characters = (minLength: number, maxLength: number) =>
  fc.array(fc.constantFrom(...alphabet), { minLength, maxLength }).map((list) => list.join(''))

/** One of the ways in which a writer may write a character; the first is what common writers write. */
function waysOf(character: string): string[] {
  const units = [...Array(character.length).keys()].map((index) =>
    character.charCodeAt(index).toString(16).padStart(4, '0'),
  )
  const common = JSON.stringify(character).slice(1, -1)
  return [
    common,
    common,
    units.map((unit) => `\\u${unit}`).join(''),
    units.map((unit) => `\\u${unit.toUpperCase()}`).join(''),
    ...(character === '/' ? ['\\/'] : []),
  ]
}

/** Of the text, with a choice for each character. */
const written = (text: string, choices: readonly number[]): string =>
  [...text]
    .map((one, index) => {
      const ways = waysOf(one)
      return ways[(choices[index % choices.length] ?? 0) % ways.length]
    })
    .join('')

const isCase = (a: string, b: string): boolean =>
  a === b ||
  ((a.toLowerCase() === b || a.toUpperCase() === b) &&
    Buffer.byteLength(a) === Buffer.byteLength(b))

/** By the rule alone, character by character. */
function stands(text: string, wanted: string, caseSensitive: boolean): boolean {
  const [all, sought] = [[...text], [...wanted]]
  const alike = caseSensitive ? (a: string, b: string) => a === b : isCase
  return all.some((_, at) => sought.every((one, index) => alike(one, all[at + index] ?? '')))
}

describe('a text pattern', () => {
  it('misses no text, however it is written, and needs no parsing where nothing hides', async () => {
    let found = 0
    let missed = 0
    let hidden = 0
    fc.assert(
      fc.property(
        characters(1, 6),
        characters(0, 12),
        characters(0, 12),
        fc.array(fc.nat(9), { minLength: 1, maxLength: 30 }),
        fc.boolean(),
        fc.boolean(),
        (wanted, before, after, choices, isIn, caseSensitive) => {
          const text = isIn ? before + wanted + after : before + after
          const pattern = textPattern(wanted, { caseSensitive })
          const bytes = Buffer.from(`{"text":"${written(text, choices)}"}\n`)
          const decoded = (JSON.parse(bytes.toString()) as { text: string }).text
          expect(decoded).toBe(text)
          const standing = stands(text, wanted, caseSensitive)
          expect(pattern.find(decoded) !== undefined).toBe(standing)
          const inBytes = pattern.indexIn(bytes, 0) >= 0
          const hides = pattern.hidingIn(bytes, 0) >= 0
          if (standing) expect(inBytes || hides).toBe(true)
          if (standing) found += 1
          else missed += 1
          if (standing && !inBytes) hidden += 1
        },
      ),
      { numRuns: 3_000 },
    )
    expect(Math.min(found, missed)).toBeGreaterThan(800)
    expect(hidden).toBeGreaterThan(200)
  })

  it('finds every place in bytes, from any place on', () => {
    const bytes = Buffer.from('abc ABC aBc xabcabc')
    const places = (pattern: ReturnType<typeof textPattern>): number[] => {
      const list: number[] = []
      for (let at = pattern.indexIn(bytes, 0); at >= 0; at = pattern.indexIn(bytes, at + 1))
        list.push(at)
      return list
    }
    expect(places(textPattern('abc'))).toEqual([0, 4, 8, 13, 16])
    expect(places(textPattern('abc', { caseSensitive: true }))).toEqual([0, 13, 16])
    expect(places(textPattern('C'))).toEqual([2, 6, 10, 15, 18])
    expect(places(textPattern('bcx'))).toEqual([])
  })

  it('says where the text stands', () => {
    expect(textPattern('дом').find('Старый ДОМ')).toEqual({ start: 7, end: 10 })
    expect(textPattern('a.c').find('abc a.c')).toEqual({ start: 4, end: 7 })
    expect(textPattern('^-]').find('[^-]')).toEqual({ start: 1, end: 4 })
    expect(textPattern('A', { caseSensitive: true }).find('a')).toBeUndefined()
  })

  it('takes neither a colour of a terminal nor a path of Windows for a hiding place', () => {
    const line = (text: string) => Buffer.from(JSON.stringify({ text }))
    const pattern = textPattern('word')
    expect(pattern.hidingIn(line('\u001b[31mred\u001b[0m'), 0)).toBe(-1)
    expect(pattern.hidingIn(line('C:\\users\\u1234\\'), 0)).toBe(-1)
    expect(pattern.hidingIn(Buffer.from('{"text":"\\u0077ord"}'), 0)).toBe(9)
    expect(textPattern('\n').hidingIn(Buffer.from('{"text":"\\u000a"}'), 0)).toBe(9)
    expect(textPattern('a/b').hidingIn(Buffer.from('{"text":"a\\/b"}'), 0)).toBe(10)
  })

  it('is of 1 to 1,000 characters', () => {
    for (const text of ['', 'x'.repeat(1_001)])
      expect(() => textPattern(text)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
    expect(textPattern('😀'.repeat(1_000)).find('x')).toBeUndefined()
  })
})
