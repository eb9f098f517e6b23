// A history in the form that Codex reads without resuming it first: legacy mode (no ordinals), one session_meta
// with every required field, forks flattened, and user-message events, without which it lists nothing. Items that
// only paginated mode records gain their legacy event beside them; nothing is left out. (Seen on Codex 0.169.0.)

import {
  encodeLine,
  fallbackUserTextOf,
  type History,
  type HistoryLine,
  payloadText,
  sessionMetaOf,
  userTextOf,
} from '@cenotaph/rollout'
import type { Put } from '../files/fill-file.js'
import { sessionMetaPayload } from '../threads/session-meta.js'
import type { ThreadRow } from '../threads/thread-row.js'

export async function codexLines(history: History, row: ThreadRow, put: Put): Promise<void> {
  await put(await metaLine(history, row))
  let hasUserEvent = false
  let fallback: { text: string; timestamp: string } | undefined
  for await (const line of history.forward()) {
    if (line.type === 'session_meta') continue
    const timestamp = line.timestamp ?? new Date(row.createdAt).toISOString()
    const event = legacyEventOf(line)
    if (event) {
      await put(legacyLine(timestamp, 'event_msg', JSON.stringify(event)))
      hasUserEvent ||= event.type === 'user_message'
    }
    hasUserEvent ||= line.type === 'event_msg' && line.payloadType === 'user_message'
    const text = fallbackUserTextOf(line)
    if (text !== undefined) fallback ??= { text, timestamp }
    await put(legacyLine(timestamp, line.type, payloadText(line)))
  }
  if (hasUserEvent) return
  const { text, timestamp } = fallback ?? {
    text: row.preview ?? row.name ?? 'imported session',
    timestamp: new Date(row.updatedAt).toISOString(),
  }
  await put(legacyLine(timestamp, 'event_msg', JSON.stringify(userMessage(text))))
}

const legacyLine = (timestamp: string, type: string, payload: string): Uint8Array =>
  encodeLine({ timestamp, ordinal: null, type, payload })

const userMessage = (message: string) => ({
  type: 'user_message',
  message,
  images: [],
  local_images: [],
  text_elements: [],
})

/** The legacy event of a paginated item that a person said or read. */
function legacyEventOf(line: HistoryLine): { type: string } | undefined {
  if (line.type !== 'event_msg' || line.payloadType !== 'item_completed') return undefined
  const user = userTextOf(line)
  if (user !== undefined) return userMessage(user)
  const text = agentText(line.value.payload)
  return text === undefined ? undefined : { type: 'agent_message', ...{ message: text } }
}

function agentText(payload: unknown): string | undefined {
  const item = (payload as { item?: { type?: unknown; content?: unknown; text?: unknown } }).item
  if (item?.type !== 'AgentMessage') return undefined
  if (typeof item.text === 'string') return item.text
  if (!Array.isArray(item.content)) return undefined
  const texts = item.content.flatMap((part: { text?: unknown }) =>
    typeof part.text === 'string' ? [part.text] : [],
  )
  return texts.length > 0 ? texts.join('\n') : undefined
}

/** Fields that tie a rollout to others, or to its old mode. */
const droppedFields = ['history_base', 'forked_from_ordinal_exclusive']

async function metaLine(history: History, row: ThreadRow): Promise<Uint8Array> {
  const tip = history.segments.at(-1)
  let stored: Record<string, unknown> = {}
  for await (const line of history.forward({ fromOrdinal: tip?.firstOrdinal ?? 0 })) {
    stored = { ...sessionMetaOf(line) }
    break
  }
  const required = sessionMetaPayload({
    threadId: row.threadId,
    atMs: row.createdAt,
    cwd: row.cwd ?? '/',
    modelProvider: row.modelProvider,
    source: row.source,
    parentThreadId: row.parentThreadId,
    forkedFromId: row.forkedFromId,
    legacy: true,
  })
  for (const field of droppedFields) delete stored[field]
  const payload = { ...required, ...stored, id: row.threadId, history_mode: 'legacy' }
  const timestamp = new Date(row.createdAt).toISOString()
  return legacyLine(timestamp, 'session_meta', JSON.stringify(payload))
}
