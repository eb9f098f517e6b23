// What is redacted, as readers must see it: from the commit of a redaction on no read gives the old text, whether the
// files are rewritten yet or not, and a reader that opened a rollout before the commit is no exception. The masks of
// this process stay until the store closes: a handle on a replaced file may be as old as that. After a crash they come
// from the open intents, before anybody reads.

import type { OpenIntent } from '@cenotaph/journal'
import {
  type HistoryLine,
  type RolloutId,
  type RolloutSource,
  redactRecord,
} from '@cenotaph/rollout'
import type { RolloutRow } from '../threads/thread-row.js'
import { type OrdinalSpan, spansHold } from './ordinal-spans.js'
import { findPatches, type Patch, patchedSource } from './patches.js'

interface Mask {
  readonly spans: readonly OrdinalSpan[]
  /** Undefined until the rollout is read for them. */
  patches: readonly Patch[] | undefined
}

export interface MaskedPart {
  readonly rolloutId: RolloutId
  readonly spans: readonly OrdinalSpan[]
}

export class Redactions {
  readonly #masks = new Map<RolloutId, readonly Mask[]>()
  readonly #maxLineBytes: number

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /** Hides lines from now on. */
  hide({ rolloutId, spans }: MaskedPart, patches?: readonly Patch[]): void {
    this.#masks.set(rolloutId, [...(this.#masks.get(rolloutId) ?? []), { spans, patches }])
  }

  /** What open intents hide; for recovery, before anything is read. */
  hideOpen(intents: readonly Pick<OpenIntent, 'kind' | 'body'>[]): void {
    for (const { kind, body } of intents) {
      if (kind !== 'redact') continue
      const { targets } = JSON.parse(Buffer.from(body).toString()) as {
        readonly targets: readonly MaskedPart[]
      }
      for (const target of targets) this.hide(target)
    }
  }

  hides(rolloutId: RolloutId, ordinal: number): boolean {
    return this.#masks.get(rolloutId)?.some(({ spans }) => spansHold(spans, ordinal)) ?? false
  }

  /** The rollout as readers may see it, now and after later redactions. Closes `source` where it throws. */
  async masked(rollout: RolloutRow, source: RolloutSource): Promise<RolloutSource> {
    try {
      for (const mask of this.#masks.get(rollout.rolloutId) ?? []) {
        const { firstOrdinal } = rollout
        mask.patches ??= (
          await findPatches(source, {
            spans: mask.spans,
            firstOrdinal,
            maxLineBytes: this.#maxLineBytes,
          })
        ).patches
      }
    } catch (error) {
      await source.close()
      throw error
    }
    return patchedSource(source, () => this.#patchesOf(rollout.rolloutId))
  }

  /** A line that was read before it was redacted, and is handed out afterwards. */
  line(line: HistoryLine): HistoryLine {
    if (line.type === 'session_meta' || !this.hides(line.rolloutId, line.ordinal)) return line
    const bytes = redactRecord(line.bytes)
    return { ...line, bytes, value: JSON.parse(Buffer.from(bytes).toString()) }
  }

  #patchesOf(rolloutId: RolloutId): readonly Patch[] | undefined {
    const masks = this.#masks.get(rolloutId)
    if (!masks) return undefined
    if (masks.length === 1) return masks[0]!.patches
    // Several redactions of one rollout become one list, made once.
    const patches = masks.flatMap((mask) => mask.patches ?? [])
    const joined = patches.sort((a, b) => a.offset - b.offset)
    const spans = masks.flatMap((mask) => mask.spans)
    if (masks.every((mask) => mask.patches))
      this.#masks.set(rolloutId, [
        { spans: spans.sort((a, b) => a.from - b.from), patches: joined },
      ])
    return joined
  }
}
