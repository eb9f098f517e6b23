import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { nodeDisk } from '@cenotaph/storage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { findOrdinal } from './find-ordinal.js'
import type { HistoryLine, HistoryOptions } from './history.js'
import type { RolloutId } from './ids.js'
import type { HistoryBase } from './items.js'
import { type OpenedRollout, openHistory, type RolloutLookup } from './lineage.js'
import { gather, lineBytes, metaBytes, rolloutBytes } from './rollout.fixture.js'
import { memorySource, openRolloutSource, type RolloutSource } from './source.js'
import { encodeSeekable } from './zstd/encode-seekable.js'

const idOf = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` as RolloutId

interface Stored {
  readonly bytes: Buffer
  readonly first: number
  readonly base?: HistoryBase
  readonly explicit?: boolean
}

class Rollouts implements RolloutLookup {
  readonly stored = new Map<RolloutId, Stored>()
  openCount = 0

  async open(rolloutId: RolloutId): Promise<OpenedRollout | undefined> {
    const found = this.stored.get(rolloutId)
    if (!found) return undefined
    this.openCount += 1
    const source: RolloutSource = {
      ...memorySource(found.bytes),
      close: async () => {
        this.openCount -= 1
      },
    }
    const { first, base, explicit = true } = found
    return { source, firstOrdinal: first, explicitOrdinals: explicit, base }
  }
}

const key = (line: HistoryLine) => `${line.rolloutId.slice(-2)}:${line.ordinal}`
const base = (of: number, end: number, offset = 0): HistoryBase => ({
  thread_id: idOf(of),
  end_ordinal_exclusive: end,
  end_byte_offset: offset,
})

async function keys(rollouts: RolloutLookup, tip: number, options?: HistoryOptions) {
  const history = await openHistory(idOf(tip), rollouts)
  const there = (await gather(history.forward(options))).map(key)
  const back = (await gather(history.backward(options))).map(key)
  expect(back.toReversed()).toEqual(there)
  await history.close()
  return there
}

/** A rollout of 5 lines and a fork of it at 3. */
function forked(offset?: number): Rollouts {
  const rollouts = new Rollouts()
  const bytes = rolloutBytes(5)
  const end = bytes.indexOf('{"timestamp"', bytes.indexOf('"ordinal":2,'))
  rollouts.stored.set(idOf(1), { bytes, first: 0 })
  rollouts.stored.set(idOf(2), {
    bytes: rolloutBytes(2, 3),
    first: 3,
    base: base(1, 3, offset ?? end),
  })
  return rollouts
}

describe('a history', () => {
  it('continues its base up to the ordinal, in both directions', async () => {
    expect(await keys(forked(), 2)).toEqual(['01:0', '01:1', '01:2', '02:3', '02:4'])
    expect(await keys(forked(), 1)).toHaveLength(5)
  })

  it('reads a part', async () => {
    const rollouts = forked()
    expect(await keys(rollouts, 2, { fromOrdinal: 2, toOrdinal: 4 })).toEqual(['01:2', '02:3'])
    expect(await keys(rollouts, 2, { toOrdinal: 2 })).toEqual(['01:0', '01:1'])
    expect(await keys(rollouts, 2, { fromOrdinal: 4 })).toEqual(['02:4'])
    expect(await keys(rollouts, 2, { fromOrdinal: 5 })).toEqual([])
  })

  it('believes the byte offset only where the lines agree', async () => {
    for (const offset of [0, 1, 77, 1_000_000, undefined]) {
      const rollouts = forked(offset)
      expect(await keys(rollouts, 2)).toEqual(['01:0', '01:1', '01:2', '02:3', '02:4'])
      const history = await openHistory(idOf(2), rollouts)
      const source = memorySource(rollouts.stored.get(idOf(1))?.bytes ?? Buffer.alloc(0))
      const place = await findOrdinal(source, 3)
      expect(await history.endByteOffset(0)).toBe(place?.offset)
      expect(await history.endByteOffset(1)).toBe(rollouts.stored.get(idOf(2))?.bytes.length)
    }
  })

  it('goes 50 forks deep', async () => {
    const rollouts = new Rollouts()
    for (let n = 0; n <= 50; n += 1) {
      const of = n === 0 ? {} : { base: base(n - 1, n * 2) }
      rollouts.stored.set(idOf(n), { bytes: rolloutBytes(4, n * 2), first: n * 2, ...of })
    }
    const all = await keys(rollouts, 50)
    expect(all).toHaveLength(104)
    expect(all.map((one) => Number(one.slice(3)))).toEqual([...all.keys()])
    expect(rollouts.openCount).toBe(0)
  })

  it('takes nothing of a base that is forked inside what it inherited', async () => {
    const rollouts = forked()
    rollouts.stored.set(idOf(3), { bytes: rolloutBytes(2, 2), first: 2, base: base(2, 2) })
    expect(await keys(rollouts, 3)).toEqual(['01:0', '01:1', '03:2', '03:3'])
  })

  it('refuses a cycle, and closes what it opened', async () => {
    const rollouts = forked()
    const root = rollouts.stored.get(idOf(1)) as Stored
    rollouts.stored.set(idOf(1), { ...root, base: base(2, 3) })
    await expect(openHistory(idOf(2), rollouts)).rejects.toMatchObject({ code: 'LINEAGE_CYCLE' })
    expect(rollouts.openCount).toBe(0)
  })

  it('of a reverted thread continues the first rollout, whose id is the thread id', async () => {
    const thread = idOf(1)
    const rollouts = forked()
    const meta = metaBytes(3, { id: thread, history_base: base(1, 3) })
    rollouts.stored.set(idOf(9), { bytes: meta, first: 3, base: base(1, 3) })
    expect(await keys(rollouts, 9)).toEqual(['01:0', '01:1', '01:2', '09:3'])
  })

  it('begins where a base is missing, and says so', async () => {
    const rollouts = forked()
    rollouts.stored.delete(idOf(1))
    const damage: unknown[] = []
    const history = await openHistory(idOf(2), rollouts, { onDamage: (one) => damage.push(one) })
    expect((await gather(history.forward())).map(key)).toEqual(['02:3', '02:4'])
    expect(damage).toEqual([{ kind: 'missing-base', offset: 0, length: 0, rolloutId: idOf(2) }])
    await expect(openHistory(idOf(7), rollouts)).rejects.toMatchObject({
      code: 'ROLLOUT_NOT_FOUND',
    })
  })

  it('reports a base that is shorter than its fork says', async () => {
    const rollouts = forked()
    rollouts.stored.set(idOf(1), { bytes: rolloutBytes(2), first: 0 })
    const history = await openHistory(idOf(2), rollouts)
    for (const read of [history.forward.bind(history), history.backward.bind(history)]) {
      const damage: unknown[] = []
      const lines = await gather(read({ onDamage: (one) => damage.push(one) }))
      expect(lines.map((line) => line.ordinal).sort()).toEqual([0, 1, 3, 4])
      expect(damage).toMatchObject([{ kind: 'missing-ordinal', offset: 0, rolloutId: idOf(2) }])
    }
  })

  it('counts through rollouts without ordinals', async () => {
    const rollouts = new Rollouts()
    rollouts.stored.set(idOf(1), { bytes: rolloutBytes(6, null), first: 0, explicit: false })
    rollouts.stored.set(idOf(2), {
      bytes: rolloutBytes(3, null),
      first: 4,
      explicit: false,
      base: base(1, 4),
    })
    const expected = ['01:0', '01:1', '01:2', '01:3', '02:4', '02:5', '02:6']
    expect(await keys(rollouts, 2)).toEqual(expected)
    expect(await keys(rollouts, 2, { fromOrdinal: 2, toOrdinal: 6 })).toEqual(expected.slice(2, 6))
  })

  it('passes limits, aborts and damage on', async () => {
    const rollouts = forked()
    const own = rollouts.stored.get(idOf(2)) as Stored
    const torn = Buffer.concat([own.bytes, lineBytes({ ordinal: 5 }).subarray(0, 10)])
    rollouts.stored.set(idOf(2), { ...own, bytes: torn })
    const history = await openHistory(idOf(2), rollouts)
    const damage: unknown[] = []
    await gather(history.forward({ onDamage: (one) => damage.push(one) }))
    expect(damage).toEqual([
      { kind: 'torn-tail', offset: own.bytes.length, length: 10, rolloutId: idOf(2) },
    ])
    const limited = gather(history.backward({ maxLineBytes: 20 }))
    await expect(limited).rejects.toMatchObject({ code: 'ROLLOUT_LINE_TOO_LONG' })
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(gather(history.forward({ signal }))).rejects.toThrow('enough')
  })

  it('reads any part of any chain as the whole would have it', async () => {
    const chain = fc.array(fc.record({ lines: fc.integer({ min: 1, max: 6 }), back: fc.nat(4) }), {
      minLength: 1,
      maxLength: 6,
    })
    await fc.assert(
      fc.asyncProperty(chain, fc.nat(30), fc.nat(30), async (parts, from, to) => {
        const rollouts = new Rollouts()
        let end = 0
        for (const [index, { lines, back }] of parts.entries()) {
          const first = index === 0 ? 0 : Math.max(1, end - back)
          const of = index === 0 ? {} : { base: base(index - 1, first) }
          rollouts.stored.set(idOf(index), { bytes: rolloutBytes(lines, first), first, ...of })
          end = first + lines
        }
        const whole = await keys(rollouts, parts.length - 1)
        expect(whole.map((one) => Number(one.slice(3)))).toEqual([...whole.keys()])
        const part = await keys(rollouts, parts.length - 1, { fromOrdinal: from, toOrdinal: to })
        expect(part).toEqual(whole.slice(from, Math.max(from, to)))
      }),
    )
  })

  it('goes through a compressed base', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'rollout-lineage-'))
    try {
      const rollouts = forked()
      const root = rollouts.stored.get(idOf(1)) as Stored
      const stored: Uint8Array[] = []
      await encodeSeekable(memorySource(root.bytes), async (bytes) => {
        stored.push(bytes)
      })
      const name = path.join(folder, 'root.jsonl.zst')
      await writeFile(name, Buffer.concat(stored))
      const lookup: RolloutLookup = {
        open: async (id) => {
          const opened = await rollouts.open(id)
          const source = id === idOf(1) ? await openRolloutSource(nodeDisk, name) : opened?.source
          return opened && source && { ...opened, source }
        },
      }
      expect(await keys(lookup, 2)).toEqual(['01:0', '01:1', '01:2', '02:3', '02:4'])
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
