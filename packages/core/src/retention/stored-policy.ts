// The policy as LevelDB keeps it: one value, `k/retention/<operation id>`, under a new key each time. A value that is
// written over would leave its text, which names threads and directories, where no erasure can reach it: a range is
// erased only once it is empty. So the old key goes, and the new value remembers which one that was.
// Survives: a crash before or after the batch. The old policy holds, or the new one.

import type { KeyRange } from '@cenotaph/journal'
import { isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { defineOperation } from '../lifecycle/operation.js'
import { checkPolicy, type RetentionPolicy, rulesOf } from './policy.js'

interface StoredPolicy {
  /** Null where retention was turned off. */
  readonly policy: RetentionPolicy | null
  readonly atMs: number
  /** The key before this one; where there is one, what lies beside this key is to be erased. */
  readonly previous: string | null
}

export const policyPrefix = 'k/retention/'

/** Held while a policy is set and while one is carried out. No thread has such an id. */
export const policyLock = 'k/retention'

/** What retention is told to do; null while it is off. @throws LEVEL_DAMAGED where that cannot be read */
export async function readPolicy(context: StoreContext): Promise<RetentionPolicy | null> {
  const key = await currentKey(context)
  return key === null ? null : ((await storedAt(context, key))?.policy ?? null)
}

async function currentKey(context: StoreContext): Promise<string | null> {
  let newest: string | null = null
  const all = { from: policyPrefix, to: `${policyPrefix.slice(0, -1)}0` }
  for await (const keys of context.journal.keysIn([all])) newest = keys.at(-1) ?? newest
  return newest
}

async function storedAt(context: StoreContext, key: string): Promise<StoredPolicy | undefined> {
  const body = await context.journal.get(key)
  return body && decodePolicy(body)
}

export const decodePolicy = (body: Uint8Array): StoredPolicy =>
  JSON.parse(Buffer.from(body).toString()) as StoredPolicy

/**
 * Where text of earlier policies may lie: empty ranges, for every erasure to take along. On both sides of the key that
 * holds: ids of operations ascend with the clock, and a clock may have been set back between two runs.
 */
export async function supersededPolicies(context: StoreContext): Promise<readonly KeyRange[]> {
  const key = await currentKey(context)
  if (key === null) return []
  try {
    const previous = (await storedAt(context, key))?.previous ?? null
    return previous === null ? [] : rangesBeside(key)
  } catch (error) {
    // A setting that cannot be read keeps no delete from ending; the search still looks for what it may hold.
    if (isStoreError(error, 'LEVEL_DAMAGED')) return []
    throw error
  }
}

/** No two keys have one length and differ behind the last character, so nothing lies between these bounds and the key. */
function rangesBeside(key: string): readonly KeyRange[] {
  const below = String.fromCharCode(key.charCodeAt(key.length - 1) - 1)
  return [
    { from: policyPrefix, to: `${key.slice(0, -1)}${below}~` },
    { from: `${key}!`, to: `${policyPrefix.slice(0, -1)}0` },
  ]
}

interface SetState {
  readonly policy: RetentionPolicy | null
  /** The key of the policy that goes, whatever it says. */
  readonly before: string | null
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
      return { state: { policy: checked, before: await currentKey(context) }, locks }
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
      previous: before,
    }
    const key = `${policyPrefix}${operationId}`
    return {
      operations: [
        ...(before === null ? [] : [{ type: 'del' as const, key: before }]),
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
