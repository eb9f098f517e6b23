// What people see of a line: the texts of messages, calls and their output, of unknown types as well. Not what the
// program keeps for itself: settings, instructions, state, ids, labels, content that only the model can read, pictures,
// and the copies of earlier lines that a compaction makes.

import { isFields } from '../items.js'
import type { RolloutLine } from '../line.js'

const unseenTypes = new Set([
  'session_meta',
  'turn_context',
  'world_state',
  'token_usage_record',
  'security_risk_score',
  'inter_agent_communication_metadata',
])

const unseenMembers = new Set([
  'type',
  'role',
  'status',
  'phase',
  'kind',
  'id',
  'encrypted_content',
  'replacement_history',
])

const isSeen = (member: string): boolean => !unseenMembers.has(member) && !member.endsWith('_id')

/** In the order in which they stand. However deep they lie: a line comes from a file. */
export function* seenTexts(line: Pick<RolloutLine, 'type' | 'value'>): Generator<string> {
  if (unseenTypes.has(line.type)) return
  const open: Iterator<unknown>[] = [[line.value.payload][Symbol.iterator]()]
  for (let values = open.at(-1); values; values = open.at(-1)) {
    const { done, value } = values.next()
    if (done) open.pop()
    else if (typeof value === 'string') {
      if (!value.startsWith('data:')) yield value
    } else if (Array.isArray(value)) open.push(value[Symbol.iterator]())
    else if (isFields(value)) open.push(seenMembers(value))
  }
}

function* seenMembers(fields: Readonly<Record<string, unknown>>): Generator<unknown> {
  for (const [member, value] of Object.entries(fields)) if (isSeen(member)) yield value
}
