// A machine that can lose power: a disk, a folder for a database, a clock and randomness. What a process does on it goes
// through `ports`, which call `around` before and after every effect.

import type { Clock, Disk, Entropy } from '@cenotaph/storage'
import { StoreError } from '@cenotaph/storage'
import { crashStates } from '../disk/crash-states.js'
import { SimDisk } from '../disk/sim-disk.js'
import { aroundDisk } from '../faults/around-disk.js'
import { type DiskCall, effects } from '../faults/faulty-disk.js'
import { SimLevel } from '../level/sim-level.js'
import { levelCrashStates, SimLevelFolder } from '../level/sim-level-folder.js'
import { seededEntropy } from '../time/seeded-entropy.js'
import { SimClock } from '../time/sim-clock.js'

export type Effect = DiskCall | 'batch' | 'compact'

/** `where` is a path, or the database's name. */
export type AroundMachine = (
  effect: Effect,
  where: string,
  run: () => Promise<unknown>,
) => Promise<unknown>

export interface SimMachine {
  readonly disk: SimDisk
  readonly level: SimLevelFolder
  /** Milliseconds since 1970 at which the machine's clock begins. */
  readonly startMs: number
  readonly seed: number
}

export interface MachinePorts {
  readonly disk: Disk
  readonly levels: SimLevels
  readonly clock: Clock
  readonly entropy: Entropy
}

/** The engine's port for databases, with one simulated database whatever the folder. */
export interface SimLevels {
  isThere(disk: Disk, folder: string): Promise<boolean>
  check(): Promise<void>
  open(folder: string, options: { readonly createIfMissing: boolean }): Promise<SimLevel>
}

export const newMachine = (seed = 1, startMs = Date.UTC(2026, 0, 1)): SimMachine => ({
  disk: new SimDisk({ clock: new SimClock(startMs) }),
  level: new SimLevelFolder(),
  startMs,
  seed,
})

/** What a process gets that runs on the machine. */
export function portsOf(machine: SimMachine, around: AroundMachine): MachinePorts {
  const watched = new Set<string>(effects)
  const disk = aroundDisk({
    disk: machine.disk,
    around: <T>(call: DiskCall, path: string, run: () => Promise<T>): Promise<T> =>
      watched.has(call) ? (around(call, path, run) as Promise<T>) : run(),
  })
  return {
    disk,
    levels: {
      isThere: async () => machine.level.wasMade,
      check: async () => {},
      async open(folder, { createIfMissing }) {
        if (!machine.level.wasMade && !createIfMissing)
          throw new StoreError('JOURNAL_GAP', `there is no database in ${folder}`, {
            detail: { reason: 'level-missing', folder },
          })
        machine.level.wasMade = true
        const level = new SimLevel<string, Uint8Array>(machine.level, {
          around: async (effect, run) => {
            await around(effect, 'level', run)
          },
        })
        await level.open()
        return level
      },
    },
    clock: new SimClock(machine.startMs),
    entropy: seededEntropy(machine.seed),
  }
}

/** The machine as it comes back when the power goes now, and nothing that was not made durable survives. */
export function powerLost(machine: SimMachine): SimMachine {
  const [disk] = crashStates(machine.disk, { limit: 2 })
  const [level] = levelCrashStates(machine.level, { limit: 2 })
  return { ...machine, disk: disk!, level: level!, seed: machine.seed + 1 }
}
