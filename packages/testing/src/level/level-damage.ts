// What a medium does to a database while nobody looks, and what LevelDB shows afterwards: mostly less, and not a word.
//
//   log-record      a bit of a log flips: its record is gone, and every record that begins behind it in the block
//   log-lost        a whole log is gone: LevelDB opens as if it had been empty
//   manifest-stale  the MANIFEST has lost its last record: the newest tables are not known, and their log is gone; or a
//                   table that it names is gone, and LevelDB refuses
//   table-value     a bit of a value flips: LevelDB gives it as it is
//   table-key       a bit of a key flips: nothing is found under the key any more
//
// An engine over it has two lines of defence: the files' own checksums, read before LevelDB opens them (`isTold` says
// whether those tell), and what it has put into keys and values itself. `damagedPorts` lets a test take the first one
// away.

import { StoreError } from '@cenotaph/storage'
import {
  type AroundMachine,
  type MachinePorts,
  portsOf,
  type SimMachine,
} from '../explore/sim-machine.js'
import { pick, seededRandom } from '../random.js'
import { type Fragment, layoutOf, lostWith } from './log-layout.js'
import type { Lsm, SimTable } from './lsm.js'
import { SimLevelFolder } from './sim-level-folder.js'

const kinds = ['log-record', 'log-lost', 'manifest-stale', 'table-value', 'table-key'] as const

export type DamageOfLevel = (typeof kinds)[number]

export interface DamagedLevel {
  readonly kind: DamageOfLevel
  /** Where, for people. */
  readonly what: string
  /** The checksums and names of the files tell it, to who reads them before LevelDB does. */
  readonly isTold: boolean
  /** It is in the last record of the newest log, and looks like the torn end of a batch that nobody was promised. */
  readonly looksTorn: boolean
  /** What LevelDB shows afterwards. */
  readonly folder: SimLevelFolder
}

export interface DamageOptions {
  /** At most so many, of every kind that there is. Default 32. */
  readonly limit?: number
  readonly seed?: number
}

type Plan = Omit<DamagedLevel, 'folder'> & { readonly damage: (found: Lsm) => void }

/** Damages of a folder as it is now, all that was written to it there. The folder itself is left as it is. */
export function* levelDamages(
  folder: SimLevelFolder,
  { limit = 32, seed = 1 }: DamageOptions = {},
): Generator<DamagedLevel> {
  const { lsm, wasMade } = folder
  const kept = lsm.logs.map((log) => log.batches.length)
  for (const { damage, ...told } of chosen([...plansOf(lsm)], limit, seed))
    yield { ...told, folder: new SimLevelFolder(lsm.afterCrash(kept, damage), wasMade) }
}

/** What a process gets that opens a damaged database. `isChecked`: the files are read before, as an engine should. */
export function damagedPorts(
  machine: SimMachine,
  damaged: DamagedLevel,
  {
    isChecked = true,
    around = (_effect, _where, run) => run(),
  }: { readonly isChecked?: boolean; readonly around?: AroundMachine } = {},
): MachinePorts {
  const ports = portsOf({ ...machine, level: damaged.folder }, around)
  const refusal = (cause?: unknown): StoreError =>
    new StoreError('LEVEL_DAMAGED', damaged.what, { cause, detail: { reason: damaged.kind } })
  return {
    ...ports,
    levels: {
      ...ports.levels,
      async check() {
        if (isChecked && damaged.isTold) throw refusal()
      },
      async open(folder, options) {
        try {
          return await ports.levels.open(folder, options)
        } catch (error) {
          const { cause } = error as { readonly cause?: { readonly code?: unknown } }
          throw cause?.code === 'LEVEL_CORRUPTION' ? refusal(error) : error
        }
      },
    },
  }
}

function* plansOf(lsm: Lsm): Generator<Plan> {
  const filled = lsm.logs.filter(({ batches }) => batches.length > 0)
  for (const [index, log] of lsm.logs.entries()) {
    if (log.batches.length === 0) continue
    const fragments = layoutOf(log.batches)
    for (const fragment of fragments)
      yield flippedRecord(fragments, fragment, index, log === filled.at(-1))
    yield {
      kind: 'log-lost',
      what: `log ${log.number} is gone`,
      // The MANIFEST names the oldest log that is still needed, and no newer one.
      isTold: index === 0,
      looksTorn: false,
      damage: (found) => {
        found.logs.splice(index, 1)
      },
    }
  }
  yield staleManifest(lsm)
  for (const [level, tables] of lsm.levels.entries())
    for (const table of tables) yield* flippedEntries(level, table)
}

function flippedRecord(
  fragments: readonly Fragment[],
  fragment: Fragment,
  index: number,
  isNewest: boolean,
): Plan {
  const lost = lostWith(fragments, fragment)
  const looksTorn = isNewest && fragment.batch === fragments.at(-1)!.batch
  return {
    kind: 'log-record',
    what: `a bit of log ${index} flips in block ${fragment.block}, in record ${fragment.batch} of ${fragments.at(-1)!.batch + 1}`,
    isTold: !looksTorn,
    looksTorn,
    damage(found) {
      const log = found.logs[index]!
      log.batches = log.batches.filter((_, batch) => !lost.has(batch))
      log.torn.clear()
    },
  }
}

function staleManifest({ previous, levels, retired }: Lsm): Plan {
  const onDisk = new Set<SimTable>([...levels.flat(), ...retired])
  const isWhole = previous?.levels.every((tables) => tables.every((table) => onDisk.has(table)))
  return {
    kind: 'manifest-stale',
    what: 'the MANIFEST has lost its last record',
    // Either a log or a table that it names is missing, or it names no log at all.
    isTold: previous === undefined || previous.hadLog || !isWhole,
    looksTorn: false,
    damage(found) {
      if (!previous || !isWhole) found.isRefused = true
      else
        for (const [level, tables] of previous.levels.entries()) found.levels[level] = [...tables]
    },
  }
}

function* flippedEntries(level: number, table: SimTable): Generator<Plan> {
  for (const [place, entry] of table.entries.entries()) {
    const { value } = entry
    const told = { isTold: true, looksTorn: false }
    const withEntries = (entries: SimTable['entries']) => (found: Lsm) => {
      found.levels[level] = found.levels[level]!.flatMap((one) =>
        one.number !== table.number ? one : entries.length > 0 ? { ...one, entries } : [],
      )
    }
    yield {
      ...told,
      kind: 'table-key',
      what: `a bit of table ${table.number} flips in the key of entry ${place}`,
      damage: withEntries(table.entries.toSpliced(place, 1)),
    }
    if (!value || value.length === 0) continue
    const flipped = Uint8Array.from(value)
    flipped[flipped.length >> 1]! ^= 8
    yield {
      ...told,
      kind: 'table-value',
      what: `a bit of table ${table.number} flips in the value of entry ${place}`,
      damage: withEntries(table.entries.toSpliced(place, 1, { ...entry, value: flipped })),
    }
  }
}

/** Every kind as often as every other, as far as there are so many. */
function chosen(plans: readonly Plan[], limit: number, seed: number): readonly Plan[] {
  if (plans.length <= limit) return plans
  const random = seededRandom(seed)
  const waiting = kinds.map((wanted) => plans.filter(({ kind }) => kind === wanted))
  const taken: Plan[] = []
  while (taken.length < limit) {
    for (const some of waiting)
      if (some.length > 0 && taken.length < limit)
        taken.push(...some.splice(pick(random, some.length), 1))
  }
  return taken
}
