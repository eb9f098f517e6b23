import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProbeSearch } from './probe-search.js'

/** Few letters, so that probes overlap each other and often nearly match. */
const word = (constraints: fc.ArrayConstraints) =>
  fc.array(fc.constantFrom(97, 98, 0), constraints).map((letters) => Buffer.from(letters))

describe('the search for probes', () => {
  it('finds what a search one by one finds', () => {
    const probes = fc.array(word({ minLength: 1, maxLength: 12 }), { maxLength: 12 })
    const texts = fc.array(word({ maxLength: 80 }), { maxLength: 4 })
    fc.assert(
      fc.property(probes, texts, (wanted, looked) => {
        const search = new ProbeSearch(wanted)
        for (const bytes of looked) search.look(bytes)
        const found = [...wanted.keys()].filter((index) =>
          looked.some((bytes) => bytes.includes(wanted[index]!)),
        )
        expect(search.found()).toEqual(found)
      }),
      { numRuns: 1_000 },
    )
  })

  it('refuses an empty probe', () => {
    expect(() => new ProbeSearch([Buffer.from('a'), Buffer.from('')])).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
  })
})
