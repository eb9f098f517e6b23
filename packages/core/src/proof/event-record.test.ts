import type { ThreadId } from '@cenotaph/rollout'
import { describe, expect, it } from 'vitest'
import { type EventRecord, eventLeafBytes, parseEventLeaf } from './event-record.js'

const event: EventRecord = {
  at: 1_770_000_000_000,
  commitment: 'ab'.repeat(32),
  position: 7,
  threadId: '01900000-0000-7000-8000-000000000001' as ThreadId,
  type: 'thread.created',
}

describe('event leaf', () => {
  it('is canonical JSON of five members and nothing else', () => {
    const more = { ...event, payload: { text: 'secret' } }
    expect(Buffer.from(eventLeafBytes(more)).toString()).toBe(
      `{"at":1770000000000,"commitment":"${event.commitment}","position":7,"threadId":"${event.threadId}","type":"thread.created"}`,
    )
  })

  it('comes back as it was', () => {
    for (const one of [event, { ...event, threadId: null }])
      expect(parseEventLeaf(eventLeafBytes(one))).toEqual(one)
  })

  it.each([
    '',
    'null',
    '[]',
    '{"type":"a"}',
    JSON.stringify({ ...event, extra: 1 }),
    JSON.stringify(event, undefined, 1),
    JSON.stringify({ ...event, at: '1' }),
    `${JSON.stringify(event)} `,
  ])('refuses %j', (text) => {
    expect(() => parseEventLeaf(Buffer.from(text))).toThrowError(
      expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
    )
  })
})
