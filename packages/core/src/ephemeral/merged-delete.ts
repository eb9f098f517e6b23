// A delete that reaches into both halves of a store: planned in both before anything happens in either, then committed
// in each. There is one receipt a half: that of the threads on disk is the store's and names nothing that is in memory.

import { createHash } from 'node:crypto'
import type { DeleteOptions, DeleteResult } from '../lifecycle/delete-threads.js'
import { refuseChangedPlan } from '../refuse-changed-plan.js'
import type { SweepResult } from '../schedule/sweep.js'

export type DeletePart = (options: DeleteOptions) => Promise<DeleteResult>

/** The threads on disk, then those in memory. A refusal of either comes before anything is deleted. */
export async function deleteInBoth(
  parts: readonly [DeletePart, DeletePart],
  options: DeleteOptions,
): Promise<DeleteResult> {
  const { expectPlan, ...given } = options
  const plans: [DeleteResult, DeleteResult] = [
    await parts[0]({ ...given, dryRun: true }),
    await parts[1]({ ...given, dryRun: true }),
  ]
  const busy = plans.filter(({ threadIds }) => threadIds.length > 0)
  if (busy.length < 2) {
    const only = plans[1].threadIds.length > 0 ? 1 : 0
    const result = await parts[only](options)
    return withLists(result, [result, plans[1 - only]!])
  }
  const planId = planIdOf(plans)
  refuseChangedPlan(expectPlan, planId)
  if (options.dryRun) return { ...merged(plans), planId }
  // Whoever refuses goes first, and nothing has happened then.
  const first = plans[1].wouldRefuse === null ? 0 : 1
  const second = first === 0 ? 1 : 0
  const bound = expectPlan === undefined ? {} : { expectPlan: plans[first].planId ?? expectPlan }
  const results: DeleteResult[] = []
  results[first] = await parts[first]({ ...given, ...bound })
  // Not bound to its plan: a child in memory that is named too is gone with its parent by now.
  results[second] = await parts[second](given)
  const both = merged([results[0]!, results[1]!])
  // What died since the plan, by somebody else; what died by this delete is in the other half's list for that.
  const planned = plans.flatMap((plan) => plan.alreadyDeleted)
  const known = new Set([...both.threadIds, ...planned.map(({ threadId }) => threadId)])
  const since = both.alreadyDeleted.filter(({ threadId }) => !known.has(threadId))
  return { ...both, alreadyDeleted: [...planned, ...since], planId }
}

const planIdOf = (plans: readonly DeleteResult[]): string =>
  createHash('sha256')
    .update(JSON.stringify(plans.map(({ planId }) => planId)))
    .digest('hex')
    .slice(0, 32)

const order = ['erasing', 'scheduled', 'planned', 'deleted'] as const

function merged([onDisk, inMemory]: readonly [DeleteResult, DeleteResult]): DeleteResult {
  const both = [onDisk, inMemory]
  const state = order.find((one) => both.some((result) => result.state === one)) ?? onDisk.state
  return {
    ...withLists(onDisk, both),
    state: state as DeleteResult['state'],
    bytes: onDisk.bytes + inMemory.bytes,
    files: onDisk.files + inMemory.files,
    deleteAfter: onDisk.deleteAfter ?? inMemory.deleteAfter,
    wouldRefuse: onDisk.wouldRefuse ?? inMemory.wouldRefuse,
    receipt: onDisk.receipt ?? inMemory.receipt,
  }
}

const withLists = (base: DeleteResult, parts: readonly DeleteResult[]): DeleteResult => ({
  ...base,
  threadIds: [...new Set(parts.flatMap(({ threadIds }) => threadIds))],
  alreadyDeleted: parts.flatMap(({ alreadyDeleted }) => alreadyDeleted),
  forks: parts.flatMap(({ forks }) => forks),
  forksByCopy: parts.flatMap(({ forksByCopy }) => forksByCopy),
  held: [...new Set(parts.flatMap(({ held }) => held))],
  live: parts.flatMap(({ live }) => live),
  spared: parts.flatMap(({ spared }) => spared),
  pending: parts.flatMap(({ pending }) => pending),
})

/** The plan on disk with what goes along in memory; who looked at it is bound to both. */
export const withKin = (plan: DeleteResult, kin: DeleteResult): DeleteResult => ({
  ...plan,
  planId: planIdOf([plan, kin]),
  threadIds: [...plan.threadIds, ...kin.threadIds],
  held: [...plan.held, ...kin.held],
  wouldRefuse: kin.held.length > 0 ? 'THREAD_HELD' : plan.wouldRefuse,
})

export const mergedSweep = (onDisk: SweepResult, inMemory: SweepResult): SweepResult => ({
  ...onDisk,
  ...merged([onDisk, inMemory]),
  receipts: [...onDisk.receipts, ...inMemory.receipts],
  unconfirmed: [...onDisk.unconfirmed, ...inMemory.unconfirmed],
})
