// The one form of a lifecycle operation. Each has one file of this folder, beside the steps that they share, and
// reads top-down:
//
//   gather   read what the plan needs and take the locks (no effects)
//   plan     pure: refuse with a typed error, or name what will happen
//   stage    bytes written where nobody looks yet, so that a step can publish them in one call
//   commit   the rows, events and index entries of the one synced batch that is the commit point
//   steps    the effects on files, each idempotent, in order
//   settle   the rows and events of the batch that closes the intent
//
// The runner (run-operation.ts) drives it; recovery enters the same runner at the steps. The name of an
// operation and of its steps are the same in code, journal, crash points and docs (`archive.move`).

import type { BatchOperation, OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import type { LockRequest, Release } from '../threads/lock-table.js'
import type { ThreadRow } from '../threads/thread-row.js'

/** An event of the log; its payload is kept with the thread and dies with it. */
export interface NewEvent {
  readonly type: string
  readonly threadId: ThreadId | null
  readonly payload: Readonly<Record<string, unknown>>
}

/** What one batch changes. Rows replace the thread's row in memory once the batch is durable. */
export interface Change {
  readonly rows?: readonly ThreadRow[]
  readonly events?: readonly NewEvent[]
  readonly operations?: readonly BatchOperation[]
  /** Runs once the batch is durable, before any other batch is built. */
  readonly applied?: () => void
}

export interface Step<Plan> {
  readonly name: string
  /** Brings the effect about, or finds that it is there already. */
  apply(context: StoreContext, plan: Plan, run: OperationRun): Promise<void>
  /** Threads that no later step touches: they are unlocked, and a later failure does not park them. */
  releases?(plan: Plan): readonly ThreadId[]
}

/** One execution of an operation: the first, or one that recovery or a retry enters at the steps. */
export interface OperationRun {
  readonly operationId: OperationId
  /** True when the steps are entered again: after a crash, or when a retry is due. */
  readonly resumed: boolean
}

export interface OperationDefinition<Args, State, Plan extends object, Result> {
  readonly name: string
  /** Locks first: what is read before a lock is held may have changed when it is. */
  gather(context: StoreContext, args: Args): Promise<{ state: State; locks: Release }>
  /** What is journaled, as JSON: all that the steps need, and no text of a thread. */
  plan(state: State, args: Args): Plan
  /** Effects that mean nothing without the commit; `abandon` takes them back. */
  stage?(context: StoreContext, plan: Plan, operationId: OperationId, state: State): Promise<void>
  abandon?(context: StoreContext, plan: Plan, operationId: OperationId): Promise<void>
  /** Synchronous, in the turn in which the batch is issued; may still refuse. */
  commit(context: StoreContext, plan: Plan, operationId: OperationId, state: State): Change
  readonly steps: readonly Step<Plan>[]
  /** How the plan is journaled; JSON where nothing is said. */
  encode?(plan: Plan, state: State): Uint8Array
  decode?(body: Uint8Array): Plan
  /** After a step failed: notes what a later process should know. */
  failed?(context: StoreContext, operationId: OperationId): Promise<void>
  settle?(context: StoreContext, plan: Plan, operationId: OperationId): Change
  result(context: StoreContext, plan: Plan, operationId: OperationId): Promise<Result>
  /** Locks that the steps need when recovery enters them. */
  locksOf(plan: Plan): LockRequest
  /** Threads to park when the steps cannot be finished. */
  threadsOf(plan: Plan): readonly ThreadId[]
}

/** Keeps the types of one definition together; the value is the definition itself. */
export const defineOperation = <Args, State, Plan extends object, Result>(
  definition: OperationDefinition<Args, State, Plan, Result>,
): OperationDefinition<Args, State, Plan, Result> => definition

/** Names of the instants around every step, in the order in which an execution meets them. */
export function crashPointsOf(definition: {
  readonly name: string
  readonly steps: readonly { readonly name: string }[]
}): string[] {
  const names = ['intend', ...definition.steps.map((step) => step.name)]
  if (definition.steps.length > 0) names.push('settle')
  return names.flatMap((name) => [
    `${definition.name}.${name}:before`,
    `${definition.name}.${name}:after`,
  ])
}
