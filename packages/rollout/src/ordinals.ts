// Gives each record its number, and compares it with its predecessor's. A record without one (legacy threads
// have none; `null`, fractions and what is no safe integer count as none) continues the count before it.

import type { Damage, DamageKind } from './damage.js'
import { isOrdinal, type Ordinal, ordinal } from './ids.js'
import type { RolloutLine } from './line.js'
import type { FoundRecord } from './records.js'

export type Report = (damage: Damage) => void

/** The number that a record itself has. */
export function ownOrdinal(record: FoundRecord): Ordinal | undefined {
  const { ordinal: own } = record.value
  return isOrdinal(own) ? own : undefined
}

export function lineOf(record: FoundRecord, assigned: number): RolloutLine {
  const { offset, length, bytes, text, value } = record
  const payload = value.payload as { readonly type?: unknown } | null
  const payloadType = payload?.type
  return {
    offset,
    length,
    bytes,
    text,
    ordinal: ordinal(assigned),
    explicitOrdinal: ownOrdinal(record) !== undefined,
    timestamp: typeof value.timestamp === 'string' ? value.timestamp : undefined,
    type: String(value.type),
    payloadType: typeof payloadType === 'string' ? payloadType : undefined,
    value,
  }
}

/** The line with bytes of its own. */
export const ownLine = (line: RolloutLine): RolloutLine => ({
  ...line,
  bytes: new Uint8Array(line.bytes),
})

/** Reports what a line's own number says about the step from the line before it. */
export function compareOrdinals(previous: RolloutLine, line: RolloutLine, report: Report): void {
  if (!line.explicitOrdinal || line.ordinal === previous.ordinal + 1) return
  report(ordinalDamage(kindOf(line.ordinal - previous.ordinal), line))
}

export function ordinalDamage(kind: DamageKind, line: RolloutLine): Damage {
  return { kind, offset: line.offset, length: line.length }
}

function kindOf(step: number): DamageKind {
  if (step === 0) return 'duplicate-ordinal'
  return step < 0 ? 'reused-ordinal' : 'missing-ordinal'
}
