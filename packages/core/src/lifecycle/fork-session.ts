// The session_meta of a fork: the settings of its base, but for what belongs to the base alone.

import type { HistoryBase, SessionMeta, ThreadId } from '@cenotaph/rollout'
import type { NewSession } from '../threads/session-meta.js'
import { currentRollout, type ThreadRow } from '../threads/thread-row.js'
import type { ForkPoint } from './fork-point.js'

/** Fields of a session_meta that belong to one thread and are not inherited by its forks. */
const ownFields = [
  'forked_from_ordinal_exclusive',
  'history_base',
  'parent_thread_id',
  'agent_nickname',
  'agent_role',
  'agent_path',
  'agent_type',
  'subagent_history_start_ordinal',
]

export interface ForkSession {
  readonly threadId: ThreadId
  readonly base: ThreadRow
  readonly baseMeta: SessionMeta | undefined
  readonly historyBase: HistoryBase | null
  readonly point: ForkPoint
  readonly atMs: number
}

export function sessionOf(fork: ForkSession): NewSession {
  const { base, baseMeta, historyBase, point } = fork
  const extra = Object.fromEntries(
    Object.entries(baseMeta ?? {}).filter(([field]) => !ownFields.includes(field)),
  )
  const spawned =
    typeof base.source === 'object' && base.source !== null && 'subagent' in base.source
  return {
    threadId: fork.threadId,
    atMs: fork.atMs,
    cwd: base.cwd ?? process.cwd(),
    modelProvider: base.modelProvider,
    source: spawned ? 'cli' : base.source,
    forkedFromId: base.threadId,
    forkedFromOrdinal: point.endOrdinal,
    historyBase,
    legacy: !currentRollout(base).explicitOrdinals,
    extra: { ...extra, ...(spawned ? { thread_source: 'user' } : {}) },
  }
}
