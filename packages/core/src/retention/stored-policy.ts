// The policy as LevelDB keeps it: one value, `k/retention/<operation id>`, under a new key each time. A value that is
// written over would leave its text, which names threads and directories, where no erasure can reach it: a range is
// erased only once it is empty. So the old key goes, and the new value remembers which one that was.
// Survives: a crash before or after the batch. The old policy holds, or the new one.

import type { KeyRange } from '@cenotaph/journal'
import type { StoreContext } from '../context.js'
import { defineOperation } from '../lifecycle/operation.js'
import { rowsUnder } from '../rows-under.js'
import { checkPolicy, type RetentionPolicy, rulesOf } from './policy.js'

interface StoredPolicy {
  /** Null where retention was turned off. */
  readonly policy: RetentionPolicy | null
  readonly atMs: number
  /** The key before this one; everything up to it is to be erased. */
  readonly previous: string | null
}

interface Place {
  readonly key: string
  readonly stored: StoredPolicy
}

export const policyPrefix = 'k/retention/'

/** Held while a policy is set and while one is carried out. No thread has such an id. */
export const policyLock = 'k/retention'

/** What retention is told to do; null while it is off. */
export async function readPolicy(context: StoreContext): Promise<RetentionPolicy | null> {
  return (await placeOf(context))?.stored.policy ?? null
}

async function placeOf(context: StoreContext): Promise<Place | undefined> {
  let newest: Place | undefined
  for await (const [key, body] of rowsUnder(context.journal, policyPrefix))
    newest = { key, stored: decodePolicy(body) }
  return newest
}

export const decodePolicy = (body: Uint8Array): StoredPolicy =>
  JSON.parse(Buffer.from(body).toString()) as StoredPolicy

/** Where text of earlier policies may lie: empty ranges, for every erasure to take along. */
export async function supersededPolicies(context: StoreContext): Promise<readonly KeyRange[]> {
  const previous = (await placeOf(context))?.stored.previous ?? null
  return previous === null ? [] : [{ from: policyPrefix, to: previous }]
}

interface SetState {
  readonly policy: RetentionPolicy | null
  readonly before: Place | undefined
}

/** Sets the policy, or turns retention off with null. Durable when it resolves. */
export const setPolicy = defineOperation<
  { readonly policy: RetentionPolicy | null },
  SetState,
  object,
  RetentionPolicy | null
>({
  name: 'retention',

  async gather(context, { policy }) {
    const checked = policy === null ? null : checkPolicy(policy)
    const locks = await context.locks.acquire({ exclusive: [policyLock] })
    try {
      return { state: { policy: checked, before: await placeOf(context) }, locks }
    } catch (error) {
      locks()
      throw error
    }
  },

  plan: () => ({}),

  commit(context, _plan, operationId, { policy, before }) {
    const stored: StoredPolicy = {
      policy,
      atMs: context.journal.storeTimeMs(),
      previous: before?.key ?? null,
    }
    const key = `${policyPrefix}${operationId}`
    return {
      operations: [
        ...(before ? [{ type: 'del' as const, key: before.key }] : []),
        { type: 'put', key, body: Buffer.from(JSON.stringify(stored)) },
      ],
      events: [{ type: 'retention.set', threadId: null, payload: countsOf(policy) }],
    }
  },

  steps: [],
  result: (context) => readPolicy(context),
  locksOf: () => ({ exclusive: [policyLock] }),
  threadsOf: () => [],
})

/** An event of no thread is kept for ever: it holds times and counts, and no name that anybody gave. */
function countsOf(policy: RetentionPolicy | null): Readonly<Record<string, unknown>> {
  if (policy === null) return { off: true }
  const { archiveAfterMs, deleteAfterMs, graceMs, maxTotalBytes, ...rules } = rulesOf(policy)
  return {
    off: false,
    archiveAfterMs: archiveAfterMs ?? null,
    deleteAfterMs: deleteAfterMs ?? null,
    graceMs,
    maxTotalBytes: maxTotalBytes ?? null,
    excludedDirectories: rules.directories.length,
    excludedNames: rules.names.size,
    sparesPinned: rules.sparesPinned,
    forks: rules.forks,
  }
}
