// Plans of faults: which call of a disk or a database fails, how, and for how long. In the manner of SQLite's tests: fail
// the first, the second, the third … call, until the program passes untouched; once each time, and for good each time.

import { type DiskCall, type Errno, effects, type Fault, faultOf } from './faulty-disk.js'

/** A call of a disk, or of a database. */
export type AnyCall = DiskCall | 'batch' | 'compact'

export interface FaultPlan<Call extends AnyCall = DiskCall> {
  /** Number of the call that fails, from 0, among `calls`. */
  readonly index: number
  /** Default: every effect on a disk. */
  readonly calls?: readonly Call[]
  /** Only calls on paths that this picks are counted. */
  readonly concerns?: (path: string) => boolean
  readonly errno: Errno
  readonly when?: 'before' | 'after'
  /** `once` (default), or `for-good`: that call and every later one, until `heal`. */
  readonly lasts?: 'once' | 'for-good'
  /** Of a write that fails before it is done, the part of its bytes that was written, from 0 to 1. Default 0.5. */
  readonly written?: number
}

export interface PlannedFault<Call extends AnyCall = DiskCall> {
  readonly judge: (call: Call, path: string) => Fault | undefined
  /** The first call that failed, once it has. */
  readonly hit: () => { readonly call: Call; readonly path: string } | undefined
  /** Calls that were counted. */
  readonly calls: () => number
  /** Ends a fault that lasts. */
  heal(): void
}

export function plannedFault<Call extends AnyCall = DiskCall>(
  plan: FaultPlan<Call>,
): PlannedFault<Call> {
  const { index, concerns = () => true, errno, when = 'before', written } = plan
  const calls: readonly AnyCall[] = plan.calls ?? effects
  let seen = 0
  let healed = false
  let hit: { call: Call; path: string } | undefined
  return {
    judge(call, path): Fault | undefined {
      if (healed || !calls.includes(call) || !concerns(path)) return undefined
      const number = seen
      seen += 1
      const fails = plan.lasts === 'for-good' ? number >= index : number === index
      if (!fails) return undefined
      hit ??= { call, path }
      return {
        error: faultOf(errno, call, path),
        when,
        ...(written === undefined ? {} : { written }),
      }
    },
    hit: () => hit,
    calls: () => seen,
    heal: () => {
      healed = true
    },
  }
}
