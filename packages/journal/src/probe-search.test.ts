import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { indexProbes } from './probe-index.js'
import { ProbeSearch } from './probe-search.js'
import { RollingProbes } from './rolling-probes.js'

/** Few letters, so that probes overlap each other and often nearly match. */
const word = (constraints: fc.ArrayConstraints) =>
  fc.array(fc.constantFrom(97, 98, 0), constraints).map((letters) => Buffer.from(letters))

describe('the search for probes', () => {
  it('finds what a search one by one finds', () => {
    const probes = fc.array(word({ minLength: 1, maxLength: 12 }), { maxLength: 12 })
    const texts = fc.array(word({ maxLength: 80 }), { maxLength: 4 })
    fc.assert(
      fc.property(probes, texts, (wanted, looked) => {
        const found = [...wanted.keys()].filter((index) =>
          looked.some((bytes) => bytes.includes(wanted[index]!)),
        )
        const rolling = new RollingProbes(wanted)
        rolling.learn(0, wanted.length)
        for (const search of [new ProbeSearch(wanted).begin(), rolling.begin()]) {
          for (const bytes of looked) search.look(bytes)
          expect(search.found()).toEqual(found)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('finds many as it finds few, each search on its own', async () => {
    const probes = Array.from({ length: 5_000 }, (_, index) =>
      Buffer.from(`probe ${index} ${'of a thread'.repeat(3)}`.slice(0, index % 2 ? 32 : 24)),
    )
    const index = await indexProbes(probes)
    const first = index.begin()
    const second = index.begin()
    for (const wanted of [17, 18, 4_999])
      first.look(Buffer.concat([Buffer.from('x'), probes[wanted]!]))
    expect(first.found()).toEqual([17, 18, 4_999])
    expect(second.found()).toEqual([])
  })

  it('refuses an empty probe', async () => {
    await expect(indexProbes([Buffer.from('a'), Buffer.from('')])).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
    expect(() => new ProbeSearch([Buffer.from('a'), Buffer.from('')])).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
  })
})
