// Runs a lifecycle operation from call to settled fact. What runs after a crash is what runs every day:
// `resumeOperation` enters the same loop at the steps.
//
// Once the intent is committed the operation will happen. A step that fails leaves the intent open: it is
// tried again by a retry, by `reopen` or at the next open, and the caller learns that from the error
// (`outcome: 'unknown'`) or, for a delete, from the state `erasing`.

import type { OpenIntent, OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import type { Release } from '../threads/lock-table.js'
import { settleAppends } from './barrier.js'
import { batchOf } from './batch.js'
import { dropOperation, isPointless } from './drop-operations.js'
import type { OperationDefinition, OperationRun } from './operation.js'

const encodePlan = (plan: object): Uint8Array => Buffer.from(JSON.stringify(plan))

export const decodePlan = <Plan>(body: Uint8Array): Plan =>
  JSON.parse(Buffer.from(body).toString()) as Plan

export async function runOperation<Args, State, Plan extends object, Result>(
  context: StoreContext,
  definition: OperationDefinition<Args, State, Plan, Result>,
  args: Args,
): Promise<Result> {
  const { state, locks } = await definition.gather(context, args)
  try {
    const plan = definition.plan(state, args)
    const operationId = await intend(context, definition, plan, state)
    if (definition.steps.length > 0) {
      await finish(context, definition, plan, { operationId, resumed: false }, locks)
    }
    return await definition.result(context, plan, operationId)
  } finally {
    locks()
  }
}

/**
 * Enters an open intent at its steps, unless it was finished or became pointless meanwhile. Throws what a failing step
 * threw; the intent stays open then.
 */
export async function resumeOperation<Args, State, Plan extends object, Result>(
  context: StoreContext,
  definition: OperationDefinition<Args, State, Plan, Result>,
  intent: Pick<OpenIntent, 'id' | 'body'>,
): Promise<void> {
  const plan = (definition.decode ?? decodePlan<Plan>)(intent.body)
  const request = definition.locksOf(plan)
  const release = await context.locks.acquire(request)
  try {
    const operation = context.openOperations.get(intent.id)
    if (!operation) return
    if (definition.name !== 'delete' && isPointless(context, operation.threadIds)) {
      await dropOperation(context, intent.id)
      return
    }
    await settleAppends(context, (request.exclusive ?? []) as ThreadId[])
    await finish(context, definition, plan, { operationId: intent.id, resumed: true }, release)
  } finally {
    release()
  }
}

async function intend<Args, State, Plan extends object, Result>(
  context: StoreContext,
  definition: OperationDefinition<Args, State, Plan, Result>,
  plan: Plan,
  state: State,
): Promise<OperationId> {
  // The id exists before the commit so that staged bytes and tombstones can carry it.
  const operationId = context.journal.reserveOperationId()
  let committed = false
  try {
    await definition.stage?.(context, plan, operationId, state)
    await context.crashPoint(`${definition.name}.intend:before`)
    if (definition.steps.length === 0) {
      await context.journal.commit(() =>
        batchOf(context, definition.commit(context, plan, operationId, state)),
      )
    } else {
      let body: Uint8Array = new Uint8Array(0)
      const build = () => {
        const batch = batchOf(context, definition.commit(context, plan, operationId, state))
        // Behind the commit, which may fill in what is known in its own turn only.
        body = definition.encode?.(plan, state) ?? encodePlan(plan)
        return { body, ...batch }
      }
      await context.journal.intend(definition.name, build, operationId)
      context.openOperations.add(
        { id: operationId, kind: definition.name, body },
        definition.threadsOf(plan),
      )
    }
    committed = true
  } finally {
    try {
      // A store that failed decides at the next open whether the batch is there.
      if (!committed && !context.journal.failure) {
        await definition.abandon?.(context, plan, operationId)
      }
    } finally {
      // Also where what was staged could not be taken away: it is nobody's from here on.
      context.journal.releaseOperationId(operationId)
    }
  }
  await context.crashPoint(`${definition.name}.intend:after`)
  return operationId
}

async function finish<Args, State, Plan extends object, Result>(
  context: StoreContext,
  definition: OperationDefinition<Args, State, Plan, Result>,
  plan: Plan,
  run: OperationRun,
  release: Release,
): Promise<void> {
  const { name } = definition
  const free = new Set<ThreadId>()
  for (const step of definition.steps) {
    await context.crashPoint(`${name}.${step.name}:before`)
    try {
      await step.apply(context, plan, run)
    } catch (error) {
      const failure = stepFailure(context, definition, plan, run, { step: step.name, free, error })
      // What cannot be noted is counted anew; a write that failed has latched the store, and is not this step's failure.
      await definition.failed?.(context, run.operationId).catch(() => {})
      throw failure
    }
    const done = step.releases?.(plan) ?? []
    for (const id of done) free.add(id)
    release(done)
    await context.crashPoint(`${name}.${step.name}:after`)
  }
  await context.crashPoint(`${name}.settle:before`)
  await context.journal.settle(run.operationId, () =>
    batchOf(context, definition.settle?.(context, plan, run.operationId) ?? {}),
  )
  context.openOperations.close(run.operationId)
  await context.crashPoint(`${name}.settle:after`)
}

interface StepTrouble {
  readonly step: string
  /** Threads with which the operation is done. */
  readonly free: ReadonlySet<ThreadId>
  readonly error: unknown
}

function stepFailure<Args, State, Plan extends object, Result>(
  context: StoreContext,
  definition: OperationDefinition<Args, State, Plan, Result>,
  plan: Plan,
  run: OperationRun,
  { step, free, error: cause }: StepTrouble,
): StoreError {
  const failure = context.journal.failure
  const error = new StoreError(
    failure ? 'STORE_FAILED' : 'THREAD_UNAVAILABLE',
    `${definition.name}.${step} failed; the operation is committed and will be finished`,
    {
      cause,
      outcome: 'unknown',
      retryable: true,
      detail: {
        operationId: run.operationId,
        step: `${definition.name}.${step}`,
        reason: isStoreError(cause) ? cause.code : String(cause),
      },
    },
  )
  context.openOperations.failed(run.operationId, `${definition.name}.${step}`, error)
  context.scheduleRetry(run.operationId)
  for (const id of definition.threadsOf(plan)) {
    const state = context.threads.peek(id)
    if (state && !context.dead.has(id) && !free.has(id)) state.unavailable = error
  }
  return error
}
