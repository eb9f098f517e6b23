// Where a simulated database keeps what it stores: what a folder is to a process. It outlives the handle, and a crash
// makes another folder of it.

import { pick, seededRandom } from '../random.js'
import { Lsm } from './lsm.js'

/** A value that is on disk, whether or not the database would still give it. */
export interface PhysicalValue {
  readonly key: string
  readonly value: Uint8Array
  readonly file: string
}

export class SimLevelFolder {
  readonly lsm: Lsm
  /** A handle has it open. */
  locked = false
  /** A database was made here. */
  wasMade: boolean

  constructor(lsm?: Lsm, wasMade = lsm !== undefined) {
    this.lsm = lsm ?? new Lsm()
    this.wasMade = wasMade
  }

  /** A folder of its own that holds what this one holds, as a process finds it that comes after. */
  copy(): SimLevelFolder {
    const kept = this.lsm.logs.map((log) => log.batches.length)
    return new SimLevelFolder(this.lsm.afterCrash(kept), this.wasMade)
  }

  /** Every value that is on disk, deleted and overwritten ones included. */
  *physical(): Generator<PhysicalValue> {
    for (const { file, entries } of this.lsm.pieces()) {
      for (const { key, value } of entries) {
        if (value) yield { key: Buffer.from(key, 'latin1').toString(), value, file }
      }
    }
  }

  /** What is on disk and what the database gives, by key; for comparing two folders. */
  snapshot(): ReadonlyMap<string, string> {
    return new Map(
      this.lsm.view().map(([key, value]) => [key, Buffer.from(value).toString('base64')] as const),
    )
  }

  /** A batch failed half-way: what is written behind it in the same block of the log will not be read again. */
  tearLog(): void {
    this.lsm.tear()
  }
}

/**
 * What a process may find after the power went: of each log, its synced batches and any number of those behind them.
 * All combinations where they are few, otherwise a seeded sample with both extremes in it. The first has what is synced
 * and nothing else.
 */
export function* levelCrashStates(
  folder: SimLevelFolder,
  { limit = 16, seed = 1 }: { readonly limit?: number; readonly seed?: number } = {},
): Generator<SimLevelFolder> {
  const logs = folder.lsm.logs.map(({ batches, synced }) => ({
    least: synced,
    choices: batches.length - synced + 1,
  }))
  const count = levelCrashStateCount(folder)
  const random = seededRandom(seed)
  const total = Math.min(count, limit)
  for (let index = 0; index < total; index += 1) {
    let rest = index
    const kept = logs.map(({ least, choices }) => {
      if (count > limit) {
        if (index === 0) return least
        return least + (index === 1 ? choices - 1 : pick(random, choices))
      }
      const chosen = rest % choices
      rest = Math.floor(rest / choices)
      return least + chosen
    })
    yield new SimLevelFolder(folder.lsm.afterCrash(kept), folder.wasMade)
  }
}

export const levelCrashStateCount = ({ lsm }: SimLevelFolder): number =>
  lsm.logs.reduce((product, { batches, synced }) => product * (batches.length - synced + 1), 1)
