// The first line of a rollout that the engine writes itself: `session_meta` with the fields that Codex
// requires (id, timestamp, cwd, originator, cli_version) and those that it lists by.

import { encodeLine, type HistoryBase, type ThreadId } from '@cenotaph/rollout'
import { version } from '../version.js'

// Room for longer numbers: a fork's first line can be rewritten without changing its length, so that the byte
// offsets in other threads' first lines stay true.
const PADDING = 32

export interface NewSession {
  readonly threadId: ThreadId
  readonly atMs: number
  readonly cwd: string
  readonly modelProvider: string | null
  readonly source: unknown
  readonly parentThreadId?: ThreadId | null
  readonly sessionId?: string
  readonly forkedFromId?: ThreadId | null
  readonly forkedFromOrdinal?: number
  readonly historyBase?: HistoryBase | null
  readonly legacy?: boolean
  /** More fields of the payload; they never replace the ones above. */
  readonly extra?: Readonly<Record<string, unknown>>
}

export function sessionMetaPayload(session: NewSession): Record<string, unknown> {
  const parent = session.parentThreadId
  return {
    ...session.extra,
    session_id: session.sessionId ?? parent ?? session.threadId,
    id: session.threadId,
    ...(session.forkedFromId ? { forked_from_id: session.forkedFromId } : {}),
    ...(session.forkedFromOrdinal === undefined
      ? {}
      : { forked_from_ordinal_exclusive: session.forkedFromOrdinal }),
    ...(parent ? { parent_thread_id: parent } : {}),
    timestamp: new Date(session.atMs).toISOString(),
    cwd: session.cwd,
    originator: 'cenotaph',
    cli_version: version,
    source: session.source ?? (parent ? spawnSource(parent) : 'cli'),
    ...(session.modelProvider === null ? {} : { model_provider: session.modelProvider }),
    history_mode: session.legacy ? 'legacy' : 'paginated',
    ...(session.historyBase ? { history_base: session.historyBase } : {}),
  }
}

const spawnSource = (parent: ThreadId): unknown => ({
  subagent: { thread_spawn: { parent_thread_id: parent, depth: 1 } },
})

export const firstLine = (session: NewSession, ordinal: number): Uint8Array =>
  encodeLine({
    timestamp: new Date(session.atMs).toISOString(),
    ordinal: session.legacy ? null : ordinal,
    type: 'session_meta',
    payload: JSON.stringify(sessionMetaPayload(session)),
    padding: PADDING,
  })
