import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findOrdinal } from './find-ordinal.js'
import { readForward } from './reader.js'
import { gather, lineBytes, metaBytes, rolloutBytes } from './rollout.fixture.js'
import { memorySource, type RolloutSource } from './source.js'

async function scan(source: RolloutSource, target: number) {
  const lines = await gather(readForward(source))
  const found = lines.find((line) => line.ordinal >= target)
  return found && { offset: found.offset, ordinal: found.ordinal }
}

function counting(source: RolloutSource): { source: RolloutSource; reads: () => number } {
  let reads = 0
  const read = (offset: number, length: number) => {
    reads += 1
    return source.read(offset, length)
  }
  return { source: { ...source, read }, reads: () => reads }
}

describe('findOrdinal', () => {
  it('equals a scan, with numbers that repeat or are missing and lines of any length', async () => {
    const line = fc.record({
      step: fc.constantFrom(0, 1, 1, 1, 1, 2, 50),
      textBytes: fc.constantFrom(0, 100, 5000, 200_000),
      torn: fc.constantFrom(false, false, false, true),
    })
    const lines = fc.array(line, { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(lines, fc.nat(60), fc.constantFrom(0, 47), async (parts, target, first) => {
        let ordinal = first
        const bytes = parts.map(({ step, textBytes, torn }) => {
          ordinal += step
          const payload = { type: 'x', text: 'y'.repeat(textBytes) }
          const whole = lineBytes({ ordinal, payload })
          return torn ? Buffer.concat([whole.subarray(0, 50), Buffer.from('\n'), whole]) : whole
        })
        const source = memorySource(Buffer.concat([metaBytes(first), ...bytes]))
        expect(await findOrdinal(source, target)).toEqual(await scan(source, target))
      }),
      { numRuns: 60 },
    )
  })

  it('counts where there are no ordinals', async () => {
    const source = memorySource(rolloutBytes(2000, null))
    expect(await findOrdinal(source, 1234)).toEqual(await scan(source, 1234))
    expect(await findOrdinal(source, 1240, { firstOrdinal: 6 })).toMatchObject({ ordinal: 1240 })
    expect(await findOrdinal(source, 2000)).toBeUndefined()
  })

  it('takes few reads, and one for each doubling of the length', async () => {
    const { source, reads } = counting(memorySource(rolloutBytes(40_000)))
    expect(source.size).toBeGreaterThan(64 * 64 * 1024)
    expect(await findOrdinal(source, 23_456)).toMatchObject({ ordinal: 23_456 })
    expect(reads()).toBeLessThan(30)
  })

  it('scans where the order is broken on its way', async () => {
    const again = rolloutBytes(2000).subarray(metaBytes(0).length)
    const source = memorySource(Buffer.concat([rolloutBytes(2000), again, again]))
    expect(await findOrdinal(source, 1500)).toEqual(await scan(source, 1500))
  })

  it('stays within the range, and answers the ends', async () => {
    const source = memorySource(rolloutBytes(100, 47))
    expect(await findOrdinal(source, 0)).toEqual({ offset: 0, ordinal: 47 })
    expect(await findOrdinal(source, 147)).toBeUndefined()
    const place = await findOrdinal(source, 100)
    expect(await findOrdinal(source, 100, { endOffset: place?.offset ?? 0 })).toBeUndefined()
    expect(await findOrdinal(memorySource(Buffer.alloc(0)), 0)).toBeUndefined()
  })
})
