// Typed views of what a line holds. A view never fails and never drops: what has an unknown type, or not the
// outer shape of its type, is kept as it is with `known: false`. Fields within a payload are declared as the
// format names them, but come from a file: everything beyond `type` is checked by whoever relies on it.

import type { RolloutLine } from './line.js'

/** The part of another rollout that a fork continues. */
export interface HistoryBase {
  /** A rollout id, which is the thread's id except for a reverted thread's later rollouts. */
  readonly thread_id: string
  readonly end_ordinal_exclusive: number
  /** Uncompressed bytes. A hint: the ordinal decides. */
  readonly end_byte_offset: number
}

export interface SessionMeta {
  readonly id: string
  /** The root thread's id; absent means `id`. */
  readonly session_id?: string
  readonly forked_from_id?: string
  readonly forked_from_ordinal_exclusive?: number
  readonly parent_thread_id?: string
  readonly timestamp?: string
  readonly cwd?: string
  readonly originator?: string
  readonly cli_version?: string
  readonly source?: unknown
  readonly thread_source?: string
  readonly agent_nickname?: string
  readonly agent_role?: string
  readonly model_provider?: string | null
  readonly base_instructions?: unknown
  readonly memory_mode?: string
  /** Absent means `legacy`. */
  readonly history_mode?: string
  readonly history_base?: HistoryBase
  readonly git?: unknown
  readonly [key: string]: unknown
}

export interface Tagged {
  readonly type: string
  readonly [key: string]: unknown
}

export interface WorldState {
  readonly full: boolean
  readonly state: unknown
  readonly [key: string]: unknown
}

export interface Compacted {
  readonly message: string
  readonly replacement_history?: readonly unknown[]
  readonly [key: string]: unknown
}

type Fields = Readonly<Record<string, unknown>>

export type RolloutItem =
  | { readonly known: true; readonly type: 'session_meta'; readonly payload: SessionMeta }
  | { readonly known: true; readonly type: 'response_item'; readonly payload: Tagged }
  | { readonly known: true; readonly type: 'event_msg'; readonly payload: Tagged }
  | { readonly known: true; readonly type: 'turn_context'; readonly payload: Fields }
  | { readonly known: true; readonly type: 'compacted'; readonly payload: Compacted }
  | { readonly known: true; readonly type: 'world_state'; readonly payload: WorldState }
  | { readonly known: true; readonly type: 'inter_agent_communication'; readonly payload: Fields }
  | {
      readonly known: true
      readonly type: 'inter_agent_communication_metadata'
      readonly payload: Fields
    }
  | { readonly known: true; readonly type: 'token_usage_record'; readonly payload: Fields }
  | { readonly known: true; readonly type: 'security_risk_score'; readonly payload: Fields }
  | { readonly known: false; readonly type: string; readonly payload: unknown }

type KnownItem = Extract<RolloutItem, { known: true }>
type KnownType = KnownItem['type']

const shapes: Readonly<Record<KnownType, (payload: Fields) => boolean>> = {
  session_meta: (payload) => typeof payload.id === 'string',
  response_item: (payload) => typeof payload.type === 'string',
  event_msg: (payload) => typeof payload.type === 'string',
  turn_context: () => true,
  compacted: (payload) => typeof payload.message === 'string',
  world_state: (payload) => typeof payload.full === 'boolean',
  inter_agent_communication: () => true,
  inter_agent_communication_metadata: () => true,
  token_usage_record: () => true,
  security_risk_score: () => true,
}

export function viewItem(line: Pick<RolloutLine, 'type' | 'value'>): RolloutItem {
  const { type } = line
  const { payload } = line.value
  const known =
    isFields(payload) && Object.hasOwn(shapes, type) && shapes[type as KnownType](payload)
  // The table has just said that this payload has the outer shape of this type.
  return known
    ? ({ known, type, payload } as unknown as KnownItem)
    : { known: false, type, payload }
}

/**
 * The payload of a session_meta line; undefined for other lines and where the id is missing. A history_base
 * of the wrong shape is left out, so a fork whose base cannot be named is told from one that has none by
 * `'history_base' in payload`.
 */
export function sessionMetaOf(line: Pick<RolloutLine, 'type' | 'value'>): SessionMeta | undefined {
  const item = viewItem(line)
  if (!item.known || item.type !== 'session_meta') return undefined
  const { history_base: base, ...rest } = item.payload
  return base === undefined || !isHistoryBase(base) ? rest : item.payload
}

function isHistoryBase(value: unknown): value is HistoryBase {
  return (
    isFields(value) &&
    typeof value.thread_id === 'string' &&
    isCount(value.end_ordinal_exclusive) &&
    isCount(value.end_byte_offset)
  )
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
