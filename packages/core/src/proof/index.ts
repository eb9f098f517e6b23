export { canonicalBytes, canonicalJson } from './canonical-json.js'
export { commit, newSalt, saltLengthBytes } from './commitment.js'
export { type EventRecord, eventLeafBytes, parseEventLeaf } from './event-record.js'
export type { MerkleNode, NodePlace } from './frontier.js'
export { emptyRoot, hashLengthBytes, leafHash, nodeHash } from './hashes.js'
export {
  type HeadVerdict,
  type LogConsistency,
  type LogHead,
  type LogPoint,
  signLogHead,
  verifyLogHead,
} from './log-head.js'
export { type LogPlace, MerkleLog, type MerklePlan, type ReadNode } from './merkle.js'
export {
  type DamagedReceipt,
  isReceiptName,
  listReceiptIds,
  listReceipts,
  readReceipt,
  receiptText,
  writeReceipt,
} from './receipt-files.js'
export {
  type Receipt,
  type ReceiptBody,
  type ReceiptEvent,
  type ReceiptFile,
  type ReceiptLog,
  type ReceiptParticipant,
  type ReceiptRedaction,
  type ReceiptStep,
  type ReceiptVerification,
  receiptVersion,
  type SurvivingFork,
  type UnsignedReceipt,
} from './receipt-types.js'
export { type PreparedReceipt, prepareReceipt, type SealedReceipt } from './seal-receipt.js'
export {
  createSigningKey,
  fingerprintOf,
  loadSigningKey,
  type SigningKey,
  verifySignature,
} from './signing-key.js'
export {
  type ConsistencyClaim,
  type InclusionClaim,
  verifyConsistency,
  verifyInclusion,
} from './verify-merkle.js'
export { type ReceiptVerdict, verifyReceipt } from './verify-receipt.js'
