import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalBytes, canonicalJson } from './canonical-json.js'

describe('canonicalJson', () => {
  it('sorts members by code unit and leaves no spaces', () => {
    const value = {
      b: [1, { z: null, a: true }],
      a: 'x',
      '€': 1,
      '\r': 2,
      '10': 3,
      '9': 4,
      '\u{1f600}': 5,
    }
    expect(canonicalJson(value)).toBe(
      '{"\\r":2,"10":3,"9":4,"a":"x","b":[1,{"a":true,"z":null}],"€":1,"\u{1f600}":5}',
    )
  })

  it('writes strings and whole numbers as ECMAScript does', () => {
    expect(canonicalJson('\u0000"\\/\n\u2028é')).toBe('"\\u0000\\"\\\\/\\n\u2028é"')
    expect(canonicalJson([-0, 9007199254740991, -5])).toBe('[0,9007199254740991,-5]')
    expect(canonicalJson('\ud800')).toBe('"\\ud800"')
  })

  it('is one text for one value, whatever the order of its members', () => {
    const values = fc.jsonValue({ noUnicodeString: false }).filter((value) => isWhole(value))
    fc.assert(
      fc.property(values, (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
        expect(canonicalJson(reversed(value))).toBe(text)
        expect(Buffer.from(canonicalBytes(value)).toString()).toBe(text)
      }),
    )
  })

  it('keeps a member called __proto__', () => {
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}'))).toBe('{"__proto__":{"a":1}}')
  })

  const cycle: unknown[] = []
  cycle.push(cycle)
  it.each([
    ['a fraction', 0.5],
    ['NaN', Number.NaN],
    ['an unsafe integer', 2 ** 53],
    ['undefined', undefined],
    ['a member that is undefined', { a: undefined }],
    ['a hole', new Array(1)],
    ['a function', () => 1],
    ['a bigint', 1n],
    ['a class instance', new Date(0)],
    ['bytes', new Uint8Array(1)],
    ['a cycle', cycle],
  ])('refuses %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrowError(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
  })
})

function isWhole(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  return typeof value !== 'object' || value === null || Object.values(value).every(isWhole)
}

function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).map(([name, member]) => [name, reversed(member)])
  return Object.fromEntries(members.reverse())
}
