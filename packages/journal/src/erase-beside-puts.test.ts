// A key that comes to life in a range while what the range held is compacted away: the range was empty when the erasure
// began, and writes go on. The new value stays, what was deleted goes, wherever the key lies in the tables.

import { readdirSync } from 'node:fs'
import path from 'node:path'
import { nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { eraseRanges } from './erase.js'
import { HeavyWork } from './heavy-work.js'
import { temporaryFolder, text } from './journal.fixture.js'
import { openLevel, writeSynced } from './level.js'
import { scanFile } from './scan.js'

const SECRET = 'a-value-that-was-deleted-before-2f6b0d1c'
const RANGE = { from: 'k/a', to: 'k/z' }

/** Calls back before the first piece of work. */
class Told extends HeavyWork {
  #first: (() => Promise<void>) | undefined

  constructor(first: () => Promise<void>) {
    super(() => false)
    this.#first = first
  }

  override async run<T>(piece: () => Promise<T>): Promise<T> {
    const first = this.#first
    this.#first = undefined
    await first?.()
    return super.run(piece)
  }
}

async function residue(folder: string): Promise<number> {
  let hits = 0
  for (const name of readdirSync(folder).filter((name) => name !== 'LOCK'))
    hits += (await scanFile(nodeDisk, path.join(folder, name), [Buffer.from(SECRET)])).hits.length
  return hits
}

describe('compacting beside puts', () => {
  it.each(['k/a', 'k/c', 'k/m', 'k/z'])('keeps what is put under %s meanwhile', async (late) => {
    const folder = path.join(temporaryFolder(), 'level')
    const level = await openLevel(folder, { createIfMissing: true })
    const deleted = ['k/d', 'k/m', 'k/p'].filter((key) => key !== late)
    await writeSynced(
      level,
      deleted.map((key) => ({ type: 'put', key, value: Buffer.from(`${SECRET} ${key}`) })),
    )
    await level.compactRange('k/', 'k0')
    await writeSynced(
      level,
      deleted.map((key) => ({ type: 'del', key })),
    )
    expect(await residue(folder)).toBeGreaterThan(0)
    let puts = 0
    const heavy = new Told(async () => {
      puts += 1
      await writeSynced(level, [{ type: 'put', key: late, value: Buffer.from('it lives') }])
    })
    await eraseRanges(level, (operations) => writeSynced(level, operations), [RANGE], { heavy })
    expect(puts).toBe(1)
    expect(text(await level.get(late))).toBe('it lives')
    expect(await level.keys().all()).toEqual([late])
    expect(await residue(folder)).toBe(0)
    await level.close()
  })
})
