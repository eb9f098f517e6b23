// Turns a receipt's body and the planned append of its event into the signed receipt. Nothing is durable
// here: the caller stores the plan's nodes, the event and the receipt together. What leaves this function
// has passed the same verification that an auditor runs.

import { StoreError } from '@cenotaph/storage'
import { toHex } from './encoding.js'
import { parseEventLeaf } from './event-record.js'
import { equalBytes } from './hashes.js'
import type { MerklePlan } from './merkle.js'
import { leafOfReceipt, signReceipt } from './receipt.js'
import type { Receipt, ReceiptBody } from './receipt-types.js'
import type { SigningKey } from './signing-key.js'
import { verifyReceipt } from './verify-receipt.js'

/**
 * `eventLeafBytes` are those of `eventOfReceipt(body, …)`, whose leaf hash the plan appends. The signed head
 * is the tree that ends with this event. RECEIPT_INVALID where body, event, plan and key do not fit. A body that was
 * sealed before, in a trial, is not verified again: for 10,000 threads that takes longer than an append should wait.
 */
export function sealReceipt(parts: {
  readonly body: ReceiptBody
  readonly epoch: number
  readonly plan: MerklePlan
  readonly eventLeafBytes: Uint8Array
  readonly key: SigningKey
  readonly triedBefore?: boolean
}): Receipt {
  const { body, epoch, plan, key } = parts
  const { at, type, threadId, position } = parseEventLeaf(parts.eventLeafBytes)
  const place = plan.placeOf(position)
  const log = {
    epoch,
    position,
    treeSize: place.treeSize,
    rootHash: toHex(place.root),
    inclusionProof: place.proof.map(toHex),
    event: { at, type, threadId },
  }
  // The canonical form knows no order; people and scripts see the head before the key that signs it.
  const { publicKey, ...rest } = body
  const unsigned = { ...rest, log, publicKey }
  if (parts.triedBefore) return signReceipt(unsigned, key)
  if (!equalBytes(leafOfReceipt(unsigned), parts.eventLeafBytes))
    throw unverifiable(['inclusion: the event commits to another receipt'])
  const receipt = signReceipt(unsigned, key)
  const { problems } = verifyReceipt(receipt, key.publicKey)
  if (problems.length > 0) throw unverifiable(problems)
  return receipt
}

const unverifiable = (problems: readonly string[]): StoreError =>
  new StoreError('RECEIPT_INVALID', 'the receipt would not verify', { detail: { problems } })
