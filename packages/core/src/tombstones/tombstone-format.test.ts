import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distinctPrepares, prepares, threadId } from './tombstone.fixture.js'
import {
  type DecodedTombstones,
  decodeTombstones,
  encodeHeader,
  encodeRecord,
  encodeSeal,
} from './tombstone-format.js'
import type { TombstoneRecord } from './tombstone-record.js'

/** A whole file, and where each record begins; the last element is the end. */
function encodeFile(records: readonly TombstoneRecord[]): { bytes: Buffer; offsets: number[] } {
  let bytes = Buffer.from(encodeHeader())
  const offsets = [bytes.length]
  for (const record of records) {
    const encoded = encodeRecord(record)
    bytes = Buffer.concat([bytes, encoded, encodeSeal(bytes.length, encoded)])
    offsets.push(bytes.length)
  }
  return { bytes, offsets }
}

/** The records of a file, or the code of the error that it is refused with. */
function decodeOrCode(bytes: Uint8Array): readonly TombstoneRecord[] | string {
  try {
    const { records, unsealed } = decodeTombstones(bytes)
    return unsealed ? [...records, unsealed] : records
  } catch (error) {
    return (error as { code: string }).code
  }
}

const example: readonly TombstoneRecord[] = [
  {
    kind: 'prepare',
    operationId: '01J00000000000000000000001',
    at: 1_770_000_000_000,
    ids: [threadId(1), threadId(2)],
    parentIds: [null, threadId(1)],
  },
  { kind: 'abort', operationId: '01J00000000000000000000001' },
]

describe('tombstone format', () => {
  it('has these bytes for ever', () => {
    expect(
      encodeFile(example)
        .bytes.toString('hex')
        .match(/.{1,64}/g),
    ).toMatchInlineSnapshot(`
      [
        "63656e6f7461706820746f6d6273746f6e657320312061373938323631360a54",
        "4f4d425a000000011a30314a3030303030303030303030303030303030303030",
        "3030310000408ac3c17942020000000190000000007000800000000000000100",
        "0190000000007000800000000000000201019000000000700080000000000000",
        "018f4fe3d85345414c1f000000000000008f4fe3d83628fc42544f4d421c0000",
        "00021a30314a3030303030303030303030303030303030303030303031db6cd6",
        "045345414c9900000000000000db6cd60433de369e",
      ]
    `)
  })

  it('reads back what was written', () => {
    const files = distinctPrepares(0, 6)
    fc.assert(
      fc.property(files, (sets) => {
        const records = sets.flatMap((set, index): TombstoneRecord[] =>
          index % 2 ? [set, { kind: 'abort', operationId: set.operationId }] : [set],
        )
        const { bytes } = encodeFile(records)
        const expected: DecodedTombstones = { records, end: bytes.length, unsealed: undefined }
        expect(decodeTombstones(bytes)).toEqual(expected)
      }),
    )
  })

  it('never takes a flipped bit for a shorter or another history', () => {
    const { bytes } = encodeFile(example)
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      const result = decodeOrCode(flipped)
      if (typeof result === 'string') expect(result).toBe('TOMBSTONES_DAMAGED')
      else expect(result).toEqual(example)
    }
  })

  it('says where the damage begins', () => {
    const { bytes, offsets } = encodeFile(example)
    for (const offset of offsets.slice(0, -1)) {
      const flipped = Buffer.from(bytes)
      flipped[offset + 20]! ^= 1
      expect(() => decodeTombstones(flipped)).toThrowError(
        expect.objectContaining({ code: 'TOMBSTONES_DAMAGED', detail: { offset } }),
      )
    }
  })

  it('drops a last record that is torn anywhere, and keeps one that lost only its seal', () => {
    fc.assert(
      fc.property(distinctPrepares(1, 3), fc.nat(), (sets, seed) => {
        const { bytes, offsets } = encodeFile(sets)
        const [from = 0, to = 0] = offsets.slice(-2)
        const cut = from + (seed % (to - from))
        const { records, end, unsealed } = decodeTombstones(bytes.subarray(0, cut))
        const whole = cut >= from + encodeRecord(sets.at(-1)!).length
        expect(records).toEqual(sets.slice(0, -1))
        expect(end).toBe(from)
        expect(unsealed).toEqual(whole ? sets.at(-1) : undefined)
      }),
    )
  })

  it('calls a torn record damage when something sealed follows it', () => {
    fc.assert(
      fc.property(distinctPrepares(2, 4), fc.nat(), (sets, seed) => {
        const { bytes, offsets } = encodeFile(sets)
        const at = offsets[0]! + (seed % (offsets.at(-2)! - offsets[0]!))
        const damaged = Buffer.from(bytes)
        damaged[at]! ^= 0xff
        expect(decodeOrCode(damaged)).toBe('TOMBSTONES_DAMAGED')
        expect(decodeOrCode(Buffer.concat([damaged, Buffer.alloc(700)]))).toBe('TOMBSTONES_DAMAGED')
      }),
    )
  })

  it('takes no file for one of ours that lacks a whole header', () => {
    const header = encodeHeader()
    for (let length = 0; length < header.length; length += 1)
      expect(decodeOrCode(header.subarray(0, length))).toBe('TOMBSTONES_DAMAGED')
    expect(decodeOrCode(header)).toEqual([])
    expect(decodeOrCode(Buffer.alloc(4096))).toBe('TOMBSTONES_DAMAGED')
  })

  it('refuses a later version by name', () => {
    expect(decodeOrCode(encodeHeader(2))).toBe('STORE_FORMAT_NEWER')
  })

  it.each([
    ['lengths that differ', { parentIds: [] }],
    ['an empty set', { ids: [], parentIds: [] }],
    ['an empty operation id', { operationId: '' }],
    ['an operation id that is no ASCII', { operationId: 'é' }],
    ['an operation id that is too long', { operationId: 'x'.repeat(256) }],
    ['a time that is no whole number', { at: Number.NaN }],
  ])('refuses to write %s', (_, change) => {
    fc.assert(
      fc.property(prepares, (set) => {
        expect(() => encodeRecord({ ...set, ...change })).toThrowError(
          expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
        )
      }),
      { numRuns: 5 },
    )
  })
})
