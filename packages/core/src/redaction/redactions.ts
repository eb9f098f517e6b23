// What is redacted, as readers must see it: from the commit of a redaction on no read gives the old text, whether the
// files are rewritten yet or not, and a reader that opened a rollout before the commit is no exception. The masks of
// this process stay until the store closes: a handle on a replaced file may be as old as that. After a crash they come
// from the open intents, before anybody reads.
//
// A rollout may be replaced by one in which the same lines lie elsewhere: a fork that is detached gets the lines of its
// base before its own. So ordinals are what a mask holds, and the places of their lines belong to a layout.

import type { OpenIntent } from '@cenotaph/journal'
import {
  type RolloutId,
  type RolloutLine,
  type RolloutSource,
  redactRecord,
} from '@cenotaph/rollout'
import type { RolloutRow } from '../threads/thread-row.js'
import { joinSpans, type OrdinalSpan, spansBefore, spansHold } from './ordinal-spans.js'
import { findPatches, joinPatches, type Patch, type PatchesNow, patchedSource } from './patches.js'

/** Replaced whenever lines are added to it, so that who holds one can tell that it is the newest. */
interface Mask {
  readonly spans: readonly OrdinalSpan[]
  /** Where the lines lie, by layout, as far as a rollout was read for them. */
  readonly layouts: Map<string, readonly Patch[]>
}

export interface MaskedPart {
  readonly rolloutId: RolloutId
  readonly spans: readonly OrdinalSpan[]
}

export interface KnownPatches {
  readonly layout: string
  readonly patches: readonly Patch[]
}

/** Whatever moves lines inside of a rollout changes what its row says of the beginning; appends do not. */
export const layoutOf = ({ base, firstOrdinal }: Pick<RolloutRow, 'base' | 'firstOrdinal'>) =>
  JSON.stringify([base, firstOrdinal])

export class Redactions {
  readonly #masks = new Map<RolloutId, Mask>()
  /** Rollouts of dead bases whose lines, up to an ordinal, are in this one now. */
  readonly #inherited = new Map<RolloutId, Map<RolloutId, number>>()
  readonly #maxLineBytes: number

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes
  }

  /** Hides lines from now on. `known` has all of them, where the caller has read them. */
  hide({ rolloutId, spans }: MaskedPart, known?: KnownPatches): void {
    const before = this.#masks.get(rolloutId)
    const layouts = new Map<string, readonly Patch[]>()
    const earlier = known && (before ? before.layouts.get(known.layout) : [])
    if (earlier) layouts.set(known.layout, joinPatches(earlier, known.patches))
    this.#masks.set(rolloutId, { spans: joinSpans(before?.spans ?? [], spans), layouts })
    for (const [base, end] of this.#inherited.get(rolloutId) ?? []) {
      const inside = spansBefore(spans, end)
      if (inside.length > 0) this.hide({ rolloutId: base, spans: inside })
    }
  }

  /**
   * The rollout gets lines of dead bases, those before `endOrdinal`. Who has opened the bases before reads on in them,
   * and must not see there what is redacted here later.
   */
  inherit(rolloutId: RolloutId, bases: Iterable<RolloutId>, endOrdinal: number): void {
    const known = this.#inherited.get(rolloutId) ?? new Map<RolloutId, number>()
    for (const base of bases) if (base !== rolloutId) known.set(base, endOrdinal)
    this.#inherited.set(rolloutId, known)
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

  concerns(rolloutId: RolloutId): boolean {
    return this.#masks.has(rolloutId)
  }

  hides(rolloutId: RolloutId, ordinal: number): boolean {
    const mask = this.#masks.get(rolloutId)
    return mask !== undefined && spansHold(mask.spans, ordinal)
  }

  /** The rollout as readers may see it, now and after later redactions. Closes `source` where it throws. */
  async masked(rollout: RolloutRow, source: RolloutSource): Promise<RolloutSource> {
    const layout = layoutOf(rollout)
    let found: { readonly mask: Mask; readonly patches: readonly Patch[] } | undefined
    const find = async (): Promise<PatchesNow> => {
      for (;;) {
        const mask = this.#masks.get(rollout.rolloutId)
        if (!mask) return undefined
        const patches = mask.layouts.get(layout) ?? (await this.#read(rollout, source, mask))
        found = { mask, patches }
        if (this.#masks.get(rollout.rolloutId) === mask) return patches
      }
    }
    try {
      await find()
    } catch (error) {
      await source.close()
      throw error
    }
    return patchedSource(source, () => {
      const mask = this.#masks.get(rollout.rolloutId)
      if (!mask) return undefined
      return found?.mask === mask ? found.patches : (mask.layouts.get(layout) ?? find())
    })
  }

  async #read(rollout: RolloutRow, source: RolloutSource, mask: Mask): Promise<readonly Patch[]> {
    const { patches, reached } = await findPatches(source, {
      spans: mask.spans,
      firstOrdinal: rollout.firstOrdinal,
      maxLineBytes: this.#maxLineBytes,
    })
    // An older handle may end before the lines: what it has is not all that there is.
    if (reached) mask.layouts.set(layoutOf(rollout), patches)
    return patches
  }

  /** A line that was read before it was redacted, and is handed out afterwards. */
  line(rolloutId: RolloutId, line: RolloutLine): RolloutLine {
    if (!this.hides(rolloutId, line.ordinal) || line.type === 'session_meta') return line
    const bytes = redactRecord(line.bytes)
    const text = Buffer.from(bytes).toString()
    return { ...line, bytes, text, value: JSON.parse(text) }
  }
}
