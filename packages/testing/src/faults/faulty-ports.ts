// What a process gets on a machine whose n-th effect fails: on the disk, or in the database. A batch that fails before it
// is done leaves a torn record in the log, as LevelDB's does; batches behind it in the same block are acknowledged and
// lost, which is why the first failure must end a handle.

import { type MachinePorts, portsOf, type SimMachine } from '../explore/sim-machine.js'
import { type AnyCall, type FaultPlan, type PlannedFault, plannedFault } from './fault-plan.js'
import { type DiskCall, type Errno, effects, faultyDisk } from './faulty-disk.js'

export interface FaultyPorts extends Omit<PlannedFault<AnyCall>, 'judge'> {
  readonly ports: MachinePorts
}

/** Every effect on disk and database. */
export const everyEffect: readonly AnyCall[] = [...effects, 'batch', 'compact']

export function faultyPorts(machine: SimMachine, plan: FaultPlan<AnyCall>): FaultyPorts {
  const { judge, ...fault } = plannedFault<AnyCall>({ calls: everyEffect, ...plan })
  const ports = portsOf(machine, async (effect, where, run) => {
    // The disk's effects are judged below, where a write can be cut short.
    if (effect !== 'batch' && effect !== 'compact') return run()
    const failure = judge(effect, where)
    if (!failure) return run()
    if (failure.when === 'after') await run()
    else if (effect === 'batch') machine.level.tearLog()
    throw levelError(plan.errno)
  })
  const disk = faultyDisk({
    disk: ports.disk,
    judge: (call: DiskCall, path) => judge(call, path),
  })
  return { ...fault, ports: { ...ports, disk } }
}

const words: Readonly<Record<Errno, string>> = {
  EIO: 'Input/output error',
  ENOSPC: 'No space left on device',
  EDQUOT: 'Disk quota exceeded',
  EPERM: 'Operation not permitted',
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  EMFILE: 'Too many open files',
  ENFILE: 'Too many open files in system',
  EROFS: 'Read-only file system',
}

/** LevelDB passes the operating system's words on, and no number. */
export const levelError = (errno: Errno): Error =>
  Object.assign(new Error(`IO error: level: ${words[errno]}`), { code: 'LEVEL_IO_ERROR' })
