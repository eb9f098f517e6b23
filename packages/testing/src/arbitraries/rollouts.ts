// Whole rollouts, as another program would have written them.

import fc from 'fast-check'
import { threadIdOf } from '../store/speaking.js'
import { responseItems, type TextOptions } from './rollout-items.js'

export interface RolloutOptions extends TextOptions {
  /** Default: that of `threadIdOf(1)`. */
  readonly threadId?: string
  /** Lines behind the first. Default 1 to 8. */
  readonly linesMin?: number
  readonly linesMax?: number
}

export interface WholeRollout {
  readonly threadId: string
  /** A name that importers know. */
  readonly fileName: string
  /** Without line ends; the first is the session's. */
  readonly lines: readonly string[]
}

const startedAt = '2026-01-01T00:00:00.000Z'

export const rollouts = (options: RolloutOptions = {}): fc.Arbitrary<WholeRollout> => {
  const { threadId = threadIdOf(1), linesMin = 1, linesMax = 8, ...ofTexts } = options
  const meta = {
    id: threadId,
    timestamp: startedAt,
    cwd: '/work',
    originator: 'elsewhere',
    cli_version: '1.0.0',
    source: 'cli',
    history_mode: 'paginated',
  }
  return fc
    .array(responseItems(ofTexts), { minLength: linesMin, maxLength: linesMax })
    .map((items) => ({
      threadId,
      fileName: `rollout-2026-01-01T00-00-00-${threadId}.jsonl`,
      lines: [{ type: 'session_meta', payload: meta }, ...items].map((item, ordinal) =>
        JSON.stringify({ timestamp: startedAt, ordinal, ...item }),
      ),
    }))
}

export const bytesOfRollout = ({ lines }: WholeRollout): Uint8Array =>
  Buffer.from(lines.map((line) => `${line}\n`).join(''))
