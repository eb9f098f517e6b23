// Which items a rollout keeps: a pure function. Codex's current rules are `limited`; `extended` adds what
// older versions wrote on request. Two rules are ours: what is unknown is kept, because a newer writer may
// mean it, and nothing that the model reads is ever shortened. Only a command's end event is.

import { StoreError } from '@cenotaph/storage'
import { shortenedCommandEnd } from './command-end.js'
import { isFields } from './items.js'
import {
  droppedResponseItems,
  extendedEvents,
  extendedPattern,
  keptEvents,
  legacyEvents,
  transientEvents,
  transientPattern,
} from './policy-tables.js'

export type PolicyDecision =
  | {
      readonly keep: true
      /** JSON text that stands in for the payload that was given. */
      readonly payload?: string
      /** Bytes of the command's output that `payload` leaves out. */
      readonly truncatedBytes?: number
    }
  | { readonly keep: false; readonly why: PolicyReason }

export type PolicyReason =
  | 'policy.transient-event'
  | 'policy.extended-event'
  | 'policy.legacy-event'
  | 'policy.paginated-event'
  | 'policy.transient-response-item'

export interface PolicyOptions {
  readonly mode: 'limited' | 'extended'
  readonly historyMode: 'legacy' | 'paginated'
}

const kept = { keep: true } as const

export interface PolicyItem {
  readonly type: string
  /** JSON text. */
  readonly payload: string
  /** `payload.type`, where it is known without parsing the text. */
  readonly payloadType?: string | undefined
}

/** Throws ITEM_INVALID when the payload of a response item or an event is no JSON text, where it is looked at. */
export function persistencePolicy(item: PolicyItem, options: PolicyOptions): PolicyDecision {
  if (item.type === 'response_item') return responseItemPolicy(item)
  if (item.type === 'event_msg') return eventPolicy(item, options)
  return kept
}

function responseItemPolicy({ payload, payloadType }: PolicyItem): PolicyDecision {
  const type = payloadType ?? typeOf(parse(payload))
  return type !== undefined && droppedResponseItems.has(type)
    ? drop('policy.transient-response-item')
    : kept
}

function eventPolicy(item: PolicyItem, { mode, historyMode }: PolicyOptions): PolicyDecision {
  const { payload: text } = item
  const type = item.payloadType ?? typeOf(parse(text))
  if (type === undefined || keptEvents.has(type)) return kept
  if (type === 'item_completed') {
    return historyMode === 'paginated' || isLegacyItem(parse(text))
      ? kept
      : drop('policy.paginated-event')
  }
  if (legacyEvents.has(type)) return historyMode === 'legacy' ? kept : drop('policy.legacy-event')
  if (extendedEvents.has(type) || extendedPattern.test(type)) {
    if (mode === 'limited') return drop('policy.extended-event')
    return type === 'exec_command_end' ? shortenedCommandEnd(text) : kept
  }
  if (transientEvents.has(type) || transientPattern.test(type))
    return drop('policy.transient-event')
  return kept
}

/** Legacy threads keep two kinds of completed items, for which there is no older event: plans and sleeps. */
function isLegacyItem(payload: unknown): boolean {
  const item = isFields(payload) ? payload.item : undefined
  if (!isFields(item)) return false
  if (item.type !== 'Extension') return item.type === 'Plan'
  return Object.values(item).some((value) => String(value).toLowerCase() === 'sleep')
}

function drop(why: PolicyReason): PolicyDecision {
  return { keep: false, why }
}

function typeOf(payload: unknown): string | undefined {
  return isFields(payload) && typeof payload.type === 'string' ? payload.type : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new StoreError('ITEM_INVALID', 'The payload is no JSON text', { cause })
  }
}
