// What a redaction journals: where the lines are, and what goes with them. Ids, ordinals, keys and handles; no text but
// the caller's reason.

import type { ThreadId } from '@cenotaph/rollout'
import type { ReceiptFile } from '../proof/index.js'
import type { RedactTarget } from './redact-lines.js'

export interface RedactPlan {
  /** The thread that was asked for. */
  readonly threadId: ThreadId
  readonly planId: string
  /** The threads that have the lines. */
  readonly owners: readonly ThreadId[]
  readonly targets: readonly RedactTarget[]
  /** Threads whose values change. */
  readonly touched: readonly ThreadId[]
  /** Keys of values that repeat the lines. */
  readonly keys: readonly string[]
  readonly pieces: readonly string[]
  readonly attachments: number
  readonly events: number
  readonly unnamed: readonly ThreadId[]
  readonly copies: readonly ThreadId[]
  readonly unsearched: readonly string[]
  readonly reason: string
  readonly requestedBy: string | null
  readonly requestedAtMs: number
  readonly committedAtMs: number
  readonly files: readonly ReceiptFile[]
  readonly fileCount: number
  readonly hardLinks: number
  readonly items: number
  readonly bytes: number
}
