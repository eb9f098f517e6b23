import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { ThreadId } from '@cenotaph/rollout'
import { nodeDisk } from '@cenotaph/storage'
import { eventLeafBytes } from './event-record.js'
import { leafHash } from './hashes.js'
import { leavesOf, logOf } from './merkle.fixture.js'
import { eventOfReceipt } from './receipt.js'
import type { Receipt, ReceiptBody } from './receipt-types.js'
import { prepareReceipt } from './seal-receipt.js'
import { createSigningKey, type SigningKey } from './signing-key.js'

export const receiptThread = '01900000-0000-7000-8000-000000000001' as ThreadId
const deadBefore = '01900000-0000-7000-8000-000000000002' as ThreadId
const fork = '01900000-0000-7000-8000-000000000003' as ThreadId

/** A key that is the same for the same seed. */
export async function keyOf(seed: number): Promise<SigningKey> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cenotaph-key-'))
  try {
    const entropy = { bytes: (length: number) => new Uint8Array(length).fill(seed) }
    return await createSigningKey(nodeDisk, path.join(folder, 'key.pem'), entropy)
  } finally {
    await rm(folder, { recursive: true })
  }
}

export const bodyOf = (key: SigningKey, change: Partial<ReceiptBody> = {}): ReceiptBody => ({
  version: 1,
  receiptId: '01J00000000000000000000001',
  threadIds: [receiptThread],
  alreadyDeleted: [{ threadId: deadBefore, receiptId: '01J00000000000000000000000' }],
  requestedAt: '2026-03-04T05:06:07.000Z',
  committedAt: '2026-03-04T05:06:07.010Z',
  erasedAt: '2026-03-04T05:06:08.000Z',
  state: 'erased',
  reason: 'asked for by "the user" \ud800',
  requestedBy: null,
  steps: [{ name: 'delete.unlink', outcome: 'done', attempts: 1, at: '2026-03-04T05:06:07.500Z' }],
  participants: [{ name: 'index', outcome: 'erased' }],
  files: [{ kind: 'rollout', bytes: 4096 }],
  bytes: 4096,
  items: 12,
  survivingForks: [{ threadId: fork, kind: 'copy' }],
  verification: {
    mode: 'probes',
    scope: 'touched',
    scannedFiles: 9,
    scannedBytes: 123_456,
    residue: 0,
    shared: 2,
  },
  outOfReach: ['file-system snapshots'],
  publicKey: key.publicKey,
  ...change,
})

/** Seals a body as the event at `position` of a log that has other events before it. */
export async function seal(
  key: SigningKey,
  body: ReceiptBody,
  { position = 5, threadId = null as ThreadId | null } = {},
): Promise<Receipt> {
  const { log } = await logOf(leavesOf(position))
  const event = { at: 1_772_600_768_000, type: 'threads.deleted', threadId }
  const leaf = eventLeafBytes(eventOfReceipt(body, event, position))
  const plan = log.plan([leafHash(leaf)])
  const prepared = await prepareReceipt(body)
  return prepared.seal({ epoch: 0, plan, eventLeafBytes: leaf, key }).receipt
}
