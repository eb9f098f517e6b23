import { describe, expect, it } from 'vitest'
import {
  lineBytes,
  metaBytes,
  rolloutBytes,
  threadA,
  threadB,
  timestampOf,
} from './rollout.fixture.js'
import { memorySource } from './source.js'
import { type SummariseOptions, summarise } from './summary.js'

const of = (bytes: Uint8Array, options?: SummariseOptions) =>
  summarise(memorySource(bytes), options)

describe('summarise', () => {
  it('tells what a rollout holds', async () => {
    const bytes = rolloutBytes(5, 47)
    expect(await of(bytes, { expectedThreadId: threadA })).toMatchObject({
      meta: { id: threadA },
      items: 5,
      bytes: bytes.length,
      firstOrdinal: 47,
      nextOrdinal: 52,
      explicitOrdinals: true,
      firstTimestamp: timestampOf(47),
      lastTimestamp: timestampOf(51),
      latestTimestamp: timestampOf(51),
      damage: [],
      damageCount: 0,
      endsWithNewline: true,
    })
  })

  it('takes the first session_meta: a legacy fork holds its parent’s too', async () => {
    const summary = await of(Buffer.concat([metaBytes(null), metaBytes(null, { id: threadB })]))
    expect(summary).toMatchObject({
      meta: { id: threadA },
      explicitOrdinals: false,
      nextOrdinal: 2,
    })
  })

  it('previews the first thing the user said, cut between characters', async () => {
    const user = { type: 'user_message', message: `${'😀'.repeat(300)}` }
    const bytes = Buffer.concat([
      rolloutBytes(2),
      lineBytes({ ordinal: 2, payload: user }),
      lineBytes({ ordinal: 3, payload: { ...user, message: 'later' } }),
    ])
    const summary = await of(bytes)
    expect(summary.preview).toBe('😀'.repeat(200))
    expect(summary.fallbackPreview).toMatch(/^message 1 /)
    expect(await of(rolloutBytes(2))).not.toHaveProperty('preview')
  })

  it('empty', async () => {
    expect(await of(Buffer.alloc(0), { firstOrdinal: 3 })).toMatchObject({
      meta: undefined,
      items: 0,
      firstOrdinal: 3,
      nextOrdinal: 3,
      damage: [{ kind: 'empty', offset: 0, length: 0 }],
      endsWithNewline: false,
    })
  })

  it('no session_meta: none at all, or not first', async () => {
    const event = lineBytes({ ordinal: 0 })
    const late = await of(Buffer.concat([event, metaBytes(1)]))
    expect(late.meta?.id).toBe(threadA)
    expect(late.damage).toEqual([{ kind: 'no-session-meta', offset: 0, length: event.length }])
    expect((await of(Buffer.from('\n\n'))).damage).toEqual([
      { kind: 'no-session-meta', offset: 0, length: 2 },
    ])
  })

  it('a session_meta of another thread', async () => {
    const meta = metaBytes(0)
    const summary = await of(meta, { expectedThreadId: threadB })
    expect(summary.damage).toEqual([{ kind: 'id-mismatch', offset: 0, length: meta.length }])
  })

  it('lists a bounded number of damages, and counts all', async () => {
    const bytes = Buffer.concat([metaBytes(0), Buffer.from('x\n'.repeat(20_000))])
    const summary = await of(bytes)
    expect(summary.damage).toHaveLength(10_000)
    expect(summary.damageCount).toBe(20_000)
  })

  it('a torn end', async () => {
    const bytes = rolloutBytes(3)
    const summary = await of(bytes.subarray(0, bytes.length - 4))
    expect(summary).toMatchObject({ items: 2, nextOrdinal: 2, endsWithNewline: false })
    expect(summary.damage).toMatchObject([{ kind: 'torn-tail' }])
  })
})
