// The states in which a machine may come back: those of its disk, each with those of its database.

import { copyOfDisk, crashStateCount, crashStates } from '../disk/crash-states.js'
import { levelCrashStateCount, levelCrashStates } from '../level/sim-level-folder.js'
import type { SimMachine } from './sim-machine.js'

export interface CrashMachinesOptions {
  readonly limit: number
  /** For the sample, where there are more states than the limit. */
  readonly seed: number
}

/**
 * All states where the limit allows, otherwise a seeded sample; the first is what is durable and nothing else, and
 * everything as it was is among them. Each is a machine of its own, with other randomness than before.
 */
export function crashMachines(
  machine: SimMachine,
  { limit, seed }: CrashMachinesOptions,
): SimMachine[] {
  const disks = [...crashStates(machine.disk, { limit, seed })]
  const levels = [...levelCrashStates(machine.level, { limit, seed })]
  const pairs = isWhole(machine, limit)
    ? disks.flatMap((disk) => levels.map((level) => [disk, level] as const))
    : [
        [disks[0]!, levels[0]!] as const,
        [copyOfDisk(machine.disk), machine.level.copy()] as const,
        ...zipped(disks, levels, limit).slice(2),
      ]
  const used = new Set<unknown>()
  // Each state is changed by its recovery, so none may be part of two.
  const own = <T>(part: T, copy: (part: T) => T): T => {
    if (used.has(part)) return copy(part)
    used.add(part)
    return part
  }
  return pairs.map(([disk, level]) => ({
    ...machine,
    disk: own(disk, copyOfDisk),
    level: own(level, (one) => one.copy()),
    seed: machine.seed + 1,
  }))
}

/** Whether the limit allows every state. */
export const isWhole = ({ disk, level }: SimMachine, limit: number): boolean =>
  crashStateCount(disk, limit) * levelCrashStateCount(level) <= limit

function zipped<A, B>(as: readonly A[], bs: readonly B[], limit: number): (readonly [A, B])[] {
  const count = Math.min(limit, Math.max(as.length, bs.length))
  return Array.from({ length: count }, (_, index) => [
    as[index % as.length]!,
    bs[index % bs.length]!,
  ])
}
