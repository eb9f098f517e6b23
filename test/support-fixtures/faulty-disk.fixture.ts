// The real disk with calls that fail, by the plans of @cenotaph/testing.

import { type Disk, nodeDisk } from '@cenotaph/storage'
import {
  type DiskCall,
  type Errno,
  type FaultPlan,
  faultOf,
  faultyDisk as faulty,
  type Judge,
  type PlannedFault,
  plannedFault,
} from '@cenotaph/testing'

export { type DiskCall, type Errno, effects, looks, opens } from '@cenotaph/testing'

export const faultyDisk = (judge: Judge): Disk => faulty({ disk: nodeDisk, judge })

export interface RealFault extends Omit<PlannedFault, 'judge'> {
  readonly disk: Disk
}

const planned = (plan: FaultPlan): RealFault => {
  const { judge, ...fault } = plannedFault(plan)
  return { ...fault, disk: faultyDisk(judge) }
}

/** Fails the call number `index` (from 0) among `calls`, and no other. */
export function failNth(
  index: number,
  options: Pick<FaultPlan, 'calls' | 'errno' | 'when'>,
): Omit<RealFault, 'heal'> {
  const { heal: _once, ...fault } = planned({ ...options, index })
  return fault
}

/** Fails the call number `index` (from 0) among `calls` and all behind it, before their effect, until `heal`. */
export const failFrom = (index: number, options: Pick<FaultPlan, 'calls' | 'errno'>): RealFault =>
  planned({ ...options, index, lasts: 'for-good' })

/** Fails every call that `concerns` picks, until `heal`. */
export function failWhile(
  concerns: (call: DiskCall, path: string) => boolean,
  errno: Errno = 'EIO',
): { readonly disk: Disk; heal(): void; fail(): void; readonly count: () => number } {
  let broken = true
  let count = 0
  return {
    disk: faultyDisk((call, path) => {
      if (!broken || !concerns(call, path)) return undefined
      count += 1
      return { error: faultOf(errno, call, path), when: 'before' }
    }),
    heal: () => {
      broken = false
    },
    fail: () => {
      broken = true
    },
    count: () => count,
  }
}
