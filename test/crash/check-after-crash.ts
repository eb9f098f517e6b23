// What must hold of a store after any crash: the oracle of the testing package, with this engine's own proofs.

import assert from 'node:assert/strict'
import { openThreadStore, type ThreadStore, verifyLogHead, verifyReceipt } from '@cenotaph/core'
import { type Expected, judge, type Scan } from '@cenotaph/testing'
import { scanRoot } from '../support/scan-root.js'
import { keepsNothing } from './rehearse.js'
import { allIds, participantNames, storeOptions } from './template.js'

export type { Expected } from '@cenotaph/testing'

/** Opens the store, which recovers it. Gives the index of the survey that holds. */
export async function checkAfterCrash(root: string, expected: Expected): Promise<number> {
  const store = await openThreadStore(root, {
    ...storeOptions,
    // Their hosts come back: a delete that waits for them ends within the opening.
    participants: participantNames.map(keepsNothing),
  })
  try {
    // Scanned first: what recovery leaves must be clean before anything else happens.
    return await checkRecovered(store, await scanRoot(root), expected)
  } finally {
    await store.close()
  }
}

/** As {@link checkAfterCrash}, for a store that was opened and what is on its disk since. */
export const checkRecovered = async (
  store: ThreadStore,
  scan: Scan,
  expected: Expected,
  ids: readonly string[] = allIds,
): Promise<number> => {
  const verified = new Set<string>()
  const place = await judge(
    {
      store,
      ids,
      scan,
      provesDeath: (id) => provesDeath(store, id, verified),
      verifiesEvents: () => verifiesEvents(store),
    },
    expected,
  )
  assert.deepEqual(inTwoForms(scan), [], 'rollouts that are there both plain and compressed')
  return place
}

/** Every operation that makes one form of the other ends with one of them. */
function inTwoForms({ names }: Scan): string[] {
  const present = new Set(names)
  return names.filter((name) => name.endsWith('.jsonl') && present.has(`${name}.zst`))
}

/** One receipt may be the proof for many: it is verified for the first of them. */
async function provesDeath(store: ThreadStore, id: string, verified: Set<string>): Promise<void> {
  const { state, receiptId } = await store.status(id)
  assert.equal(state, 'deleted')
  const receipt = receiptId === null ? undefined : await store.readReceipt(receiptId)
  assert(
    receipt?.threadIds.some((threadId) => threadId === id),
    `no receipt names ${id}`,
  )
  if (!receipt || verified.has(receipt.receiptId)) return
  verified.add(receipt.receiptId)
  assert.equal(verifyReceipt(receipt, store.publicKey).ok, true)
}

async function verifiesEvents(store: ThreadStore): Promise<void> {
  const head = await store.logHead()
  assert.equal(verifyLogHead(head, { publicKey: store.publicKey }).ok, true)
}
