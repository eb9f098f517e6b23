import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unseal } from './checked-value.js'
import { type GroupMember, isInline, readGroup, sealGroup } from './group.js'
import { groupKey, type Sequence } from './keys.js'

const bytes = fc.uint8Array({ maxLength: 50 }).map((some) => Buffer.from(some))
const place = {
  subject: fc.string(),
  generation: fc.nat(),
  offset: fc.maxSafeNat(),
}
const lines = { ...place, first: fc.nat(), count: fc.nat() }
const tagged = { requiredKeys: ['subject', 'generation', 'offset', 'first', 'count'] as const }
const section = fc
  .record({ ...lines, bytes, tag: bytes }, { requiredKeys: [...tagged.requiredKeys, 'bytes'] })
  .map((some): GroupMember => some)
const reserved = fc
  .record(
    { ...lines, length: fc.nat(), crc: fc.nat(0xffffffff), tag: bytes },
    { requiredKeys: [...tagged.requiredKeys, 'length', 'crc'] },
  )
  .map((some): GroupMember => some)
const reservation = fc.record({ ...place, length: fc.nat() }).map((some): GroupMember => some)

const sequence = 7 as Sequence
const key = groupKey(sequence)

describe('append groups', () => {
  it('come back with every section, tag and reserve, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(section, reserved, reservation)), (members) => {
        const record = readGroup(key, sequence, unseal(key, sealGroup(key, members)))
        const plain = (member: GroupMember) => ({
          ...member,
          ...('tag' in member && member.tag && { tag: Buffer.from(member.tag) }),
          ...(isInline(member) && { bytes: Buffer.from(member.bytes) }),
        })
        const isReserve = (member: GroupMember) => !('first' in member)
        expect(record.sections.map(plain)).toEqual(members.filter((m) => !isReserve(m)))
        expect(record.reserves).toEqual(members.filter(isReserve))
        expect(record.sequence).toBe(sequence)
      }),
    )
  })

  it('hold lines of a subject that follow each other as one section, and no others', () => {
    const line = (subject: string, at: number, more: object = {}): GroupMember => ({
      subject,
      generation: 1,
      offset: 10 * at,
      first: at,
      count: 1,
      bytes: Buffer.from(`${subject} ${at}`.padEnd(10)),
      ...more,
    })
    const tag = Buffer.from('t')
    const members = [
      line('a', 0),
      line('b', 5),
      line('a', 1),
      line('a', 2, { tag }),
      line('a', 3),
      line('a', 4),
      line('b', 6, { generation: 2 }),
      line('b', 8, { generation: 2 }),
      line('c', 1),
      line('a', 5),
    ]
    const record = readGroup(key, sequence, unseal(key, sealGroup(key, members)))
    const told = record.sections.map(({ subject, first, count, ...rest }) => {
      const text = 'bytes' in rest ? Buffer.from(rest.bytes).toString() : ''
      return [subject, first, count, text.replace(/ +/g, ' ').trim()]
    })
    expect(told).toEqual([
      ['a', 0, 2, 'a 0 a 1'],
      ['b', 5, 1, 'b 5'],
      ['a', 2, 1, 'a 2'],
      ['a', 3, 3, 'a 3 a 4 a 5'],
      ['b', 6, 1, 'b 6'],
      ['b', 8, 1, 'b 8'],
      ['c', 1, 1, 'c 1'],
    ])
  })

  it('refuse a body that is cut short or has bytes too many', () => {
    const body = unseal(
      key,
      sealGroup(key, [
        {
          subject: 's',
          generation: 1,
          offset: 0,
          first: 0,
          count: 1,
          bytes: Buffer.from('line\n'),
        },
      ]),
    )
    const damage = expect.objectContaining({ code: 'LEVEL_DAMAGED' })
    for (let length = 0; length < body.length; length++)
      expect(() => readGroup(key, sequence, body.subarray(0, length))).toThrow(damage)
    const longer = Buffer.concat([body, Buffer.from('x')])
    expect(() => readGroup(key, sequence, longer)).toThrow(damage)
  })
})
