// Plans of faults: which call of a disk fails, how, and for how long. In the manner of SQLite's tests: fail the first,
// the second, the third … call, until the program passes untouched; once each time, and for good each time.

import {
  type DiskCall,
  type Errno,
  effects,
  type Fault,
  faultOf,
  type Judge,
} from './faulty-disk.js'

export interface FaultPlan {
  /** Number of the call that fails, from 0, among `calls`. */
  readonly index: number
  /** Default: every effect. */
  readonly calls?: readonly DiskCall[]
  /** Only calls on paths that this picks are counted. */
  readonly concerns?: (path: string) => boolean
  readonly errno: Errno
  readonly when?: 'before' | 'after'
  /** `once` (default), or `for-good`: that call and every later one, until `heal`. */
  readonly lasts?: 'once' | 'for-good'
}

export interface PlannedFault {
  readonly judge: Judge
  /** The first call that failed, once it has. */
  readonly hit: () => { readonly call: DiskCall; readonly path: string } | undefined
  /** Calls that were counted. */
  readonly calls: () => number
  /** Ends a fault that lasts. */
  heal(): void
}

export function plannedFault(plan: FaultPlan): PlannedFault {
  const { index, calls = effects, concerns = () => true, errno, when = 'before' } = plan
  let seen = 0
  let healed = false
  let hit: { call: DiskCall; path: string } | undefined
  return {
    judge(call, path): Fault | undefined {
      if (healed || !calls.includes(call) || !concerns(path)) return undefined
      const number = seen
      seen += 1
      const fails = plan.lasts === 'for-good' ? number >= index : number === index
      if (!fails) return undefined
      hit ??= { call, path }
      return { error: faultOf(errno, call, path), when }
    },
    hit: () => hit,
    calls: () => seen,
    heal: () => {
      healed = true
    },
  }
}
