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

function counting(inner: RolloutSource) {
  let reads = 0
  let bytesRead = 0
  const read = (offset: number, length: number) => {
    reads += 1
    bytesRead += length
    return inner.read(offset, length)
  }
  const source: RolloutSource = { ...inner, read }
  return { source, reads: () => reads, bytesRead: () => bytesRead }
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

  it('takes a few small reads, whatever the length', async () => {
    const lines: Buffer[] = []
    for (let ordinal = 1; ordinal <= 20_000; ordinal += 1) {
      const length = (ordinal * 7_919) % (ordinal % 50 === 0 ? 20_011 : 601)
      const text = 'y'.repeat(length)
      lines.push(lineBytes({ ordinal, payload: { type: 'x', text } }))
    }
    for (const [count, nextOrdinal] of [
      [20_000, 20_001],
      [2_000, 2_001],
      [20_000, undefined],
    ] as const) {
      const bytes = Buffer.concat([metaBytes(0), ...lines.slice(0, count)])
      const { source, reads, bytesRead } = counting(memorySource(bytes))
      let searches = 0
      for (let target = 1; target <= count; target += 97) {
        const found = await findOrdinal(source, target, { nextOrdinal })
        expect(found?.ordinal).toBe(target)
        searches += 1
      }
      expect(searches).toBeGreaterThan(20)
      expect(reads() / searches).toBeLessThan(nextOrdinal === undefined ? 14 : 8)
      expect(bytesRead() / searches).toBeLessThan(320 * 1024)
    }
  })

  it('is told by a hint that is wrong no other place', async () => {
    const source = memorySource(rolloutBytes(20_000))
    for (const nextOrdinal of [0, 5, 19_000, 1e12])
      expect(await findOrdinal(source, 12_345, { nextOrdinal })).toEqual(await scan(source, 12_345))
  })

  it('passes a first line that is none', async () => {
    const torn = Buffer.from(
      '{"timestamp":"2026-11-20T15:00:00.000Z","ordinal":0,"type":"event_m\n',
    )
    const source = memorySource(Buffer.concat([torn, rolloutBytes(2000)]))
    expect(await findOrdinal(source, 0)).toEqual(await scan(source, 0))
    expect(await findOrdinal(source, 1500)).toEqual(await scan(source, 1500))
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
