import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from './crc32c.js'
import { encodeLog } from './leveldb-log.fixture.js'
import { BLOCK_BYTES, readLogRecords } from './leveldb-log.js'

async function read(bytes: Uint8Array): Promise<Buffer[]> {
  const records: Buffer[] = []
  const source = {
    size: bytes.length,
    read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
  }
  for await (const record of readLogRecords(source)) records.push(Buffer.from(record))
  return records
}

/** Records of any length, many of which end near a block's end. */
const record = fc
  .tuple(
    fc.oneof(
      fc.nat(100),
      fc.integer({ min: BLOCK_BYTES - 30, max: BLOCK_BYTES + 30 }),
      fc.nat(80_000),
    ),
    fc.nat(255),
  )
  .map(([length, fill]) => Buffer.alloc(length, fill || 1))

describe('the log reader', () => {
  it('knows CRC-32C', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283)
  })

  it('gives every record whole', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { maxLength: 8 }), async (records) => {
        const found = await read(encodeLog(records))
        expect(found.map(({ length }) => length)).toEqual(records.map(({ length }) => length))
        expect(Buffer.concat(found).equals(Buffer.concat(records))).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('hands out what it cannot read as raw bytes, and every other record whole', async () => {
    const index = { damaged: fc.nat(1_000_000), bit: fc.nat(7) }
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 5 }),
        fc.record(index),
        async (records, { damaged, bit }) => {
          const log = encodeLog(records)
          const at = damaged % log.length
          log[at]! ^= 1 << bit
          const found = await read(log)
          let start = 0
          for (const [number, wanted] of records.entries()) {
            const end = encodeLog(records.slice(0, number + 1)).length
            if ((at < start || at >= end) && wanted.length > 0)
              expect(found.some((some) => some.equals(wanted))).toBe(true)
            start = end
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('survives any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), async (bytes) => {
        const found = await read(bytes)
        expect(Buffer.concat(found).length).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })
})
