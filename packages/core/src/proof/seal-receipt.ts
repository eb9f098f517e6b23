// Turns a receipt's body and the planned append of its event into the signed receipt. Nothing is durable
// here: the caller stores the plan's nodes, the event and the receipt together.
//
// The body of a delete of 10,000 threads is half a megabyte of text. So all that it alone decides (its canonical
// form, its digest, whether its shape and its statements hold) is done before the turn of the event loop in which it is
// logged, a piece at a time. In that turn its place is put between pieces that are ready, and signed. What leaves this
// file has passed every check that an auditor makes: those of the body before, those of place and signature then.

import { breathe, StoreError } from '@cenotaph/storage'
import { canonicalJson } from './canonical-json.js'
import { toBase64, toHex } from './encoding.js'
import { parseEventLeaf } from './event-record.js'
import type { MerklePlan } from './merkle.js'
import { type CanonicalBody, digestOfCanonicalBody, receiptBody, signedBytesOf } from './receipt.js'
import { bodyConsistencyProblems, eventConsistencyProblems } from './receipt-consistency.js'
import { bodyShapeProblems } from './receipt-shape.js'
import type { Receipt, ReceiptBody, ReceiptLog } from './receipt-types.js'
import type { SigningKey } from './signing-key.js'
import { inclusionProblems, keyProblems } from './verify-receipt.js'

/** A body that is ready to be logged. */
export interface PreparedReceipt {
  /** Hex; what the event has to commit to. */
  readonly digest: string
  /**
   * Synchronous and short, whatever the size of the body. `eventLeafBytes` are those of `eventOfReceipt(body, …)`,
   * whose leaf hash the plan appends. The signed head is the tree that ends with this event. RECEIPT_INVALID where
   * body, event, plan and key do not fit.
   */
  seal(place: {
    readonly epoch: number
    readonly plan: MerklePlan
    readonly eventLeafBytes: Uint8Array
    readonly key: SigningKey
  }): SealedReceipt
}

export interface SealedReceipt {
  readonly receipt: Receipt
  /** The receipt as JSON, in UTF-8. */
  readonly json: Uint8Array
}

/** ARGUMENT_INVALID for a body that is not JSON; RECEIPT_INVALID for one that contradicts itself. */
export async function prepareReceipt(given: ReceiptBody): Promise<PreparedReceipt> {
  const body = receiptBody(given)
  const canonical = await canonicalParts(body)
  const digest = digestOfCanonicalBody(canonical)
  await breathe()
  refuseProblems(bodyShapeProblems(body))
  await breathe()
  refuseProblems(bodyConsistencyProblems(body))
  await breathe()
  // The canonical form knows no order; people and scripts see the head before the key that signs it.
  const { publicKey, ...rest } = body
  const open = Buffer.from(JSON.stringify(rest).slice(0, -1))
  await breathe()
  return {
    digest,
    seal({ epoch, plan, eventLeafBytes, key }) {
      const { at, type, threadId, position, commitment } = parseEventLeaf(eventLeafBytes)
      if (commitment !== digest)
        throw unverifiable(['inclusion: the event commits to another receipt'])
      const place = plan.placeOf(position)
      const log: ReceiptLog = {
        epoch,
        position,
        treeSize: place.treeSize,
        rootHash: toHex(place.root),
        inclusionProof: place.proof.map(toHex),
        event: { at, type, threadId },
      }
      const signed = signedBytesOf(canonical, canonicalJson(log))
      const signature = toBase64(key.sign(signed))
      refuseProblems([
        ...eventConsistencyProblems(body, log.event),
        ...keyProblems({ publicKey, signature, signed }, key.publicKey),
        ...inclusionProblems(log, eventLeafBytes),
      ])
      const last = JSON.stringify({ log, publicKey, signature }).slice(1)
      return {
        receipt: { ...rest, log, publicKey, signature },
        json: Buffer.concat([open, Buffer.from(`,${last}`)]),
      }
    },
  }
}

/** Canonical members of a body, on both sides of the place where `log` belongs. */
async function canonicalParts(body: ReceiptBody): Promise<CanonicalBody> {
  const before: string[] = []
  const behind: string[] = []
  for (const name of Object.keys(body).sort()) {
    const value = body[name as keyof ReceiptBody]
    const text = `${JSON.stringify(name)}:${canonicalJson(value)}`
    if (name < 'log') before.push(text)
    else behind.push(text)
    if (text.length > LONG_CHARACTERS) await breathe()
  }
  return [Buffer.from(before.join(',')), Buffer.from(behind.join(','))]
}

const LONG_CHARACTERS = 64 * 1024

function refuseProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw unverifiable(problems)
}

const unverifiable = (problems: readonly string[]): StoreError =>
  new StoreError('RECEIPT_INVALID', 'the receipt would not verify', { detail: { problems } })
