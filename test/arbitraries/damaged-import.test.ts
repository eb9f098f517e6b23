// An import of a damaged rollout loses no record that is whole, tells of what it could not read, and fails with nothing
// but the store's own errors. What was imported stays readable in both directions, and is written on.

import { openThreadStore } from '@cenotaph/core'
import { isStoreError, MemoryDisk, writeNew } from '@cenotaph/storage'
import { damagedRollouts, messageOf, type RolloutDamage, SimClock } from '@cenotaph/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { seed, TIMEOUT_MS } from '../model/given.js'

const RUNS = Number(process.env.CENOTAPH_RUNS ?? 400)

async function imported(fileName: string, bytes: Uint8Array) {
  const clock = new SimClock()
  const disk = new MemoryDisk({ clock })
  await disk.makeFolder('/elsewhere')
  await writeNew(disk, `/elsewhere/${fileName}`, bytes)
  const memory = { ballastBytes: 512, quietMs: 3_600_000, clock, disk } as const
  const store = await openThreadStore('/nowhere', { ...memory, persistence: 'none' })
  return { store, report: await store.importRollouts([`/elsewhere/${fileName}`]) }
}

const kinds = (damages: readonly RolloutDamage[]) => new Set(damages.map(({ kind }) => kind))

/** The ones of `wanted` that do not come in `found`, in this order. */
function missing(wanted: readonly string[], found: readonly string[]): string[] {
  let from = 0
  return wanted.filter((line) => {
    const at = found.indexOf(line, from)
    if (at >= 0) from = at + 1
    return at < 0
  })
}

it(
  'an import of a damaged rollout loses no whole record',
  async () => {
    const counts = { imported: 0, skipped: 0, records: 0, told: 0 }
    const seen = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(
        fc.boolean().chain((firstToo) => damagedRollouts({ firstToo })),
        async ({ threadId, fileName, bytes, intact, damages }) => {
          const { store, report } = await imported(fileName, bytes)
          try {
            for (const kind of kinds(damages)) seen.set(kind, (seen.get(kind) ?? 0) + 1)
            if (report.imported.length === 0) {
              // Nobody can say whose it is; it is left where it is, and that is told.
              const isFirst = damages.some((one) => one.kind === 'flip' && one.line === 0)
              expect({ isFirst, skipped: report.skipped.length }).toEqual({
                isFirst: true,
                skipped: 1,
              })
              counts.skipped += 1
              return
            }
            const lines: string[] = []
            for await (const { line } of store.listItems(threadId))
              lines.push(Buffer.from(line).toString())
            expect(missing(intact, lines)).toEqual([])
            const backward: string[] = []
            for await (const { line } of store.listItems(threadId, { reverse: true }))
              backward.unshift(Buffer.from(line).toString())
            expect(backward).toEqual(lines)
            await store.appendItems(threadId, [messageOf('written on')])
            const after: string[] = []
            for await (const { line } of store.listItems(threadId))
              after.push(Buffer.from(line).toString())
            expect(missing(intact, after)).toEqual([])
            expect(after.length).toBe(lines.length + 1)
            counts.imported += 1
            counts.records += intact.length
            if (report.damaged.length > 0) counts.told += 1
          } catch (error) {
            // What a flipped bit makes of a line may be refused, with a word for it.
            if (!isStoreError(error)) throw error
            throw new Error(`refused with ${error.code}`, { cause: error })
          } finally {
            await store.close()
          }
        },
      ),
      { seed, numRuns: RUNS },
    )
    console.info(`damaged rollouts: ${JSON.stringify({ ...counts, ...Object.fromEntries(seen) })}`)
    expect([...seen.keys()].sort()).toEqual([
      'flip',
      'junk',
      'seam',
      'splice',
      'torn-tail',
      'zeros',
    ])
    expect(counts.imported).toBeGreaterThan(RUNS * 0.8)
    expect(counts.records).toBeGreaterThan(RUNS * 3)
    expect(counts.told).toBeGreaterThan(counts.imported * 0.7)
  },
  TIMEOUT_MS,
)

it('a reader that takes lines for records loses some, and that is noticed', () => {
  const lost = fc.check(
    fc.property(damagedRollouts(), ({ bytes, intact }) => {
      expect(missing(intact, Buffer.from(bytes).toString().split('\n'))).toEqual([])
    }),
    { seed, numRuns: 200 },
  )
  expect(lost.failed).toBe(true)
})
