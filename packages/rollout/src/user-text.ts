// What the user wrote, for previews. Codex writes it twice: as an event for people (legacy `user_message`,
// paginated `item_completed` with a UserMessage) and as a response_item for the model, where instructions and
// environment notes have the role of a user too. Only the event is certainly the user's own text.

import { isFields } from './items.js'
import type { RolloutLine } from './line.js'

type Line = Pick<RolloutLine, 'type' | 'payloadType' | 'value'>

/** The text of a user-message event; undefined for any other line and for a message without text. */
export function userTextOf(line: Line): string | undefined {
  const { payload } = line.value
  if (line.type !== 'event_msg' || !isFields(payload)) return undefined
  if (line.payloadType === 'user_message') return nonEmpty(payload.message)
  if (line.payloadType !== 'item_completed' || !isFields(payload.item)) return undefined
  return payload.item.type === 'UserMessage' ? textParts(payload.item.content, 'text') : undefined
}

/**
 * The text of a response_item message of the user; for files that hold no user-message event. What the
 * harness says in the user's name (it begins with a tag or with the instructions file) is passed over.
 */
export function fallbackUserTextOf(line: Line): string | undefined {
  const { payload } = line.value
  if (line.type !== 'response_item' || line.payloadType !== 'message') return undefined
  if (!isFields(payload) || payload.role !== 'user') return undefined
  const text = textParts(payload.content, 'input_text')
  return text === undefined || harness.test(text) ? undefined : text
}

const harness = /^\s*(?:<[a-z][a-z_]*>|# AGENTS\.md instructions)/

function textParts(content: unknown, type: string): string | undefined {
  if (!Array.isArray(content)) return undefined
  const parts = content.flatMap((part: unknown) =>
    isFields(part) && part.type === type && typeof part.text === 'string' ? [part.text] : [],
  )
  return nonEmpty(parts.join('\n'))
}

function nonEmpty(text: unknown): string | undefined {
  return typeof text === 'string' && text.trim() !== '' ? text : undefined
}
