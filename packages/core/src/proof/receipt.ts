// The receipt of a deletion: what the caller keeps when the threads are gone. It is made of three layers,
// each bound to the next:
//
//   body        everything but `log` and `signature`; the event log's leaf commits to its digest
//   log         where that leaf is, its inclusion proof and the head (epoch, size, root hash)
//   signature   ed25519 over the whole receipt without `signature`, the head included
//
// So a receipt alone is enough to rebuild its leaf, and a signed head that another receipt contradicts is
// proof of a rewritten log. The digest is not salted: the body holds nothing but what may stay for ever.

import { canonicalBytes } from './canonical-json.js'
import { toBase64, toHex } from './encoding.js'
import { type EventRecord, eventLeafBytes } from './event-record.js'
import { sha256 } from './hashes.js'
import type { Receipt, ReceiptBody, ReceiptEvent, UnsignedReceipt } from './receipt-types.js'
import type { SigningKey } from './signing-key.js'

const bodyDomain = new TextEncoder().encode('cenotaph.receipt.body.1\n')
const signatureDomain = new TextEncoder().encode('cenotaph.receipt.signature.1\n')

/** What the log's leaf commits to: every member but `log` and `signature`, unknown ones included. */
export function receiptBody(receipt: ReceiptBody): ReceiptBody {
  const body: ReceiptBody & { log?: unknown; signature?: unknown } = { ...receipt }
  delete body.log
  delete body.signature
  return body
}

/** SHA-256 of `domain ‖ canonical JSON of the body`, hex. */
export const digestOfReceiptBody = (receipt: ReceiptBody): string =>
  toHex(sha256(bodyDomain, canonicalBytes(receiptBody(receipt))))

/** Canonical members of a body, those whose names sort before `log` and those behind it. Neither is empty. */
export type CanonicalBody = readonly [before: Uint8Array, behind: Uint8Array]

/** As {@link digestOfReceiptBody}, of a body whose canonical form is there already. */
export const digestOfCanonicalBody = ([before, behind]: CanonicalBody): string =>
  toHex(sha256(bodyDomain, ascii('{'), before, ascii(','), behind, ascii('}')))

/** As {@link signedBytes}, of such a body with the canonical form of its `log`. */
export const signedBytesOf = ([before, behind]: CanonicalBody, log: string): Uint8Array =>
  Buffer.concat([signatureDomain, ascii('{'), before, ascii(`,"log":${log},`), behind, ascii('}')])

const ascii = (text: string): Uint8Array => Buffer.from(text, 'latin1')

/** The event that announces a receipt at a position of the log. */
export const eventOfReceipt = (
  receipt: ReceiptBody,
  { at, type, threadId }: ReceiptEvent,
  position: number,
): EventRecord => ({ at, commitment: digestOfReceiptBody(receipt), position, threadId, type })

/** The leaf's bytes, rebuilt from the receipt alone. */
export const leafOfReceipt = (receipt: UnsignedReceipt): Uint8Array =>
  eventLeafBytes(eventOfReceipt(receipt, receipt.log.event, receipt.log.position))

/** What the signature covers: `domain ‖ canonical JSON of the receipt without signature`. */
export function signedBytes(receipt: UnsignedReceipt): Uint8Array {
  const unsigned: UnsignedReceipt & { signature?: unknown } = { ...receipt }
  delete unsigned.signature
  return Buffer.concat([signatureDomain, canonicalBytes(unsigned)])
}

/** Adds the signature. `publicKey` in the receipt is the caller's to have set to this key's. */
export const signReceipt = (unsigned: UnsignedReceipt, key: SigningKey): Receipt => ({
  ...unsigned,
  signature: toBase64(key.sign(signedBytes(unsigned))),
})
