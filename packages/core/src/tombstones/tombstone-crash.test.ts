// Power loss at every instant of an append: what was not synced is lost, cut or torn by the sector, in any
// mix. The promise: what was acknowledged is there, what was not is there whole or not at all.

import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { type Disk, type DiskFile, nodeDisk } from '@cenotaph/storage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { temporaryFolders } from '../root/temporary-folder.fixture.js'
import { distinctPrepares } from './tombstone.fixture.js'
import { readTombstones, TombstoneFile } from './tombstone-file.js'
import type { TombstoneRecord } from './tombstone-record.js'

const sectorBytes = 512

/** What is on disk for certain, and what may or may not be. */
interface Moment {
  readonly durable: Uint8Array
  readonly volatile: Uint8Array
  readonly acknowledged: number
}

/** What a power loss spared. Sectors beyond the list repeat it. */
interface Spared {
  readonly sectors: readonly boolean[]
  /** How much of the length that was not synced is lost; undefined for none. */
  readonly cut: number | undefined
}

const spared: fc.Arbitrary<Spared> = fc.record({
  sectors: fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }),
  cut: fc.option(fc.nat(), { nil: undefined, freq: 2 }),
})

/** Bytes after a power loss: each sector is the old or the new one, and the length is any between. */
function crashed({ durable, volatile }: Moment, { sectors, cut }: Spared): Uint8Array {
  const longest = Math.max(durable.length, volatile.length)
  const shortest = Math.min(durable.length, volatile.length)
  const bytes = Buffer.alloc(longest)
  for (let at = 0; at < longest; at += sectorBytes) {
    const chosen = sectors[(at / sectorBytes) % sectors.length] ? volatile : durable
    bytes.set(chosen.subarray(at, at + sectorBytes), at)
  }
  return bytes.subarray(0, longest - ((cut ?? 0) % (longest - shortest + 1)))
}

/** The real disk, where every write, truncation and sync of the open file leaves a moment. */
function recordingDisk(moments: Moment[], acknowledged: () => number): Disk {
  const wrap = (file: DiskFile | undefined): DiskFile | undefined => {
    if (!file) return undefined
    const effect = async (run: () => Promise<void>, syncs: boolean): Promise<void> => {
      const durable = moments.at(-1)?.durable ?? (await readFile(file.path))
      await run()
      const volatile = await readFile(file.path)
      moments.push({ durable, volatile, acknowledged: acknowledged() })
      if (syncs) moments.push({ durable: volatile, volatile, acknowledged: acknowledged() })
    }
    return {
      path: file.path,
      read: (offset, length) => file.read(offset, length),
      size: () => file.size(),
      close: () => file.close(),
      write: (offset, bytes) => effect(() => file.write(offset, bytes), false),
      truncate: (length) => effect(() => file.truncate(length), false),
      sync: () => effect(() => file.sync(), true),
    }
  }
  return { ...nodeDisk, openWrite: async (name) => wrap(await nodeDisk.openWrite(name)) }
}

describe('tombstones and power loss', () => {
  const temporaryFolder = temporaryFolders()

  it('keep what was acknowledged and never half of a set, through two crashes', async () => {
    await fc.assert(
      fc.asyncProperty(distinctPrepares(2, 4), spared, spared, async (sets, first, second) => {
        const folder = await temporaryFolder()
        const file = path.join(folder, 'tombstones')
        const moments: Moment[] = []
        let acknowledged = 0
        await (await TombstoneFile.open(nodeDisk, file, { create: true })).close()
        const disk = recordingDisk(moments, () => acknowledged)
        const tombstones = await TombstoneFile.open(disk, file, { create: false })
        for (const set of sets) {
          await tombstones.prepare(set)
          acknowledged += 1
        }
        await tombstones.close()

        for (const moment of moments) {
          await writeFile(file, crashed(moment, first))
          const kept = await crashAgain(file, second)
          expect(kept).toEqual(sets.slice(0, kept.length))
          expect(kept.length).toBeGreaterThanOrEqual(moment.acknowledged)
          expect(kept.length).toBeLessThanOrEqual(moment.acknowledged + 1)
        }
      }),
      { numRuns: 20 },
    )
  })

  /** Opens the file, crashes at every moment of that as well, and says what all openings agree on. */
  async function crashAgain(file: string, second: Spared): Promise<readonly TombstoneRecord[]> {
    const before = await readFile(file)
    const moments: Moment[] = [{ durable: before, volatile: before, acknowledged: 0 }]
    const opened = await TombstoneFile.open(
      recordingDisk(moments, () => 0),
      file,
      { create: false },
    )
    const kept = opened.records()
    await opened.close()
    for (const moment of moments) {
      await writeFile(file, crashed(moment, second))
      const again = await TombstoneFile.open(nodeDisk, file, { create: false })
      expect(again.records()).toEqual(kept)
      await again.close()
      expect(await readTombstones(nodeDisk, file)).toEqual(kept)
    }
    return kept
  }
})
