// The shape of a receipt, version 1. Scripts and auditors depend on it: members are added, never changed.
// Times are store times, ISO 8601 in UTC with milliseconds; sizes are bytes; hashes are lower-case hex.

import type { ThreadId } from '@cenotaph/rollout'

export const receiptVersion = 1

export interface ReceiptStep {
  /** As in the journal: `delete.unlink`. */
  readonly name: string
  readonly outcome: 'done' | 'skipped' | 'pending' | 'failed'
  readonly attempts: number
  /** Time of the last attempt; null where there was none. */
  readonly at: string | null
}

export interface ReceiptParticipant {
  readonly name: string
  /** `forgotten`: taken out of the registry by a logged decision, so not asked. `missing`: not there. */
  readonly outcome: 'erased' | 'forgotten' | 'missing' | 'pending' | 'failed'
  /** How often it was asked. */
  readonly attempts?: number
}

export interface ReceiptFile {
  /** Such as `rollout`, `rollout-compressed`, `temporary`, `quarantine`. Never a name. */
  readonly kind: string
  readonly bytes: number
}

export interface SurvivingFork {
  readonly threadId: ThreadId
  readonly kind: 'reference' | 'copy'
}

export interface ReceiptVerification {
  /** Whether the threads' own bytes were looked for, or, after a crash, structure alone was checked. */
  readonly mode: 'probes' | 'structural'
  /** Which files were looked at, such as `touched` or `everything`. */
  readonly scope: string
  readonly scannedFiles: number
  readonly scannedBytes: number
  /** How often bytes of the deleted threads were found. */
  readonly residue: number
  /** Probes that threads which live share, so that finding them says nothing. */
  readonly shared: number
}

/** What the log's leaf commits to. */
export interface ReceiptBody {
  readonly version: typeof receiptVersion
  /** The delete's operation id, a ULID. */
  readonly receiptId: string
  /** What this deletion erased; at least one, none twice. */
  readonly threadIds: readonly ThreadId[]
  /** Asked for too, but dead before, each with the receipt that it has. */
  readonly alreadyDeleted: readonly { readonly threadId: ThreadId; readonly receiptId: string }[]
  readonly requestedAt: string
  readonly committedAt: string
  /** null until the state is `erased`. */
  readonly erasedAt: string | null
  readonly state: 'erased' | 'erasing'
  readonly reason: string | null
  readonly requestedBy: string | null
  readonly steps: readonly ReceiptStep[]
  readonly participants: readonly ReceiptParticipant[]
  readonly files: readonly ReceiptFile[]
  readonly bytes: number
  readonly items: number
  readonly survivingForks: readonly SurvivingFork[]
  /** null only while erasing, before anything was verified. */
  readonly verification: ReceiptVerification | null
  /** What the engine could not reach, such as `file-system snapshots`. */
  readonly outOfReach: readonly string[]
  /**
   * Of a redaction: the lines that it took from threads that live on. Null where whole threads were deleted, absent in
   * receipts from before there were redactions.
   */
  readonly redaction?: ReceiptRedaction | null
  /** The signing key's raw 32 bytes, base64. */
  readonly publicKey: string
}

export interface ReceiptRedaction {
  /** Both ends included. */
  readonly ordinals: readonly {
    readonly threadId: ThreadId
    readonly from: number
    readonly to: number
  }[]
  /** A redacted line is as long as it was, which tells how long its text was. */
  readonly lengthsStay: true
  /** What repeated the lines elsewhere, and went as well. */
  readonly attachments: number
  readonly events: number
  readonly quarantined: number
}

export interface ReceiptEvent {
  /** Store time, milliseconds since 1970 UTC, as in the leaf. */
  readonly at: number
  readonly type: string
  /** The only thread of the receipt, or null; null where it is about a set. */
  readonly threadId: ThreadId | null
}

export interface ReceiptLog {
  readonly epoch: number
  readonly position: number
  readonly treeSize: number
  readonly rootHash: string
  /** Siblings of the leaf, lowest first. */
  readonly inclusionProof: readonly string[]
  /** What the leaf says beside position and commitment, so that the receipt alone can rebuild it. */
  readonly event: ReceiptEvent
}

export interface UnsignedReceipt extends ReceiptBody {
  readonly log: ReceiptLog
}

export interface Receipt extends UnsignedReceipt {
  /** ed25519, base64, over the whole receipt without this member. */
  readonly signature: string
}
