// Everything that a store tells about its threads, in a form that two runs of the same program share: times of the
// run are left out, and every other byte of every line is in.

import type { ThreadFacts, ThreadStoreLike } from '../store/thread-store-like.js'

export interface SurveyedThread {
  readonly state: string
  readonly name: string | null
  readonly cwd: string | null
  readonly preview: string | null
  readonly forkedFromId: string | null
  readonly parentThreadId: string | null
  readonly nextOrdinal: number
  readonly holdReason: string | null
  readonly pinned: boolean
  /** Kind, key and value of each. */
  readonly attachments: readonly (readonly [kind: string, key: string, value: unknown])[]
  /** Stored lines, the inherited ones first. */
  readonly lines: readonly string[]
}

/** By id; `deleted` for the dead, `scheduled` for those that wait for a date, null for an id that the store does not know. */
export type Survey = Readonly<Record<string, SurveyedThread | 'deleted' | 'scheduled' | null>>

/** Reads every given id. Lines outside of `known` are given without their times. */
export async function surveyStore(
  store: ThreadStoreLike,
  ids: readonly string[],
  known: ReadonlySet<string> = new Set(),
): Promise<Survey> {
  const survey: Record<string, Survey[string]> = {}
  for (const id of ids) survey[id] = await surveyThread(store, id, known)
  return survey
}

async function surveyThread(
  store: ThreadStoreLike,
  id: string,
  known: ReadonlySet<string>,
): Promise<Survey[string]> {
  const view = await viewOf(store, id)
  if (view === null || typeof view === 'string') return view
  const lines: string[] = []
  for await (const { line, ordinal, type, payload } of store.listItems(id)) {
    const text = line ? Buffer.from(line).toString() : JSON.stringify({ ordinal, type, payload })
    lines.push(known.has(text) ? text : withoutTimes(text))
  }
  const { state, name, cwd = null, preview = null, forkedFromId = null } = view
  const { parentThreadId = null, holdReason = null, pinned = false } = view
  const nextOrdinal = view.nextOrdinal ?? lines.length
  const facts = { state, name, cwd, preview, forkedFromId, parentThreadId, nextOrdinal }
  return { ...facts, holdReason, pinned, attachments: await attachmentsOf(store, id), lines }
}

/** Who reads a thread's facts may read all of it: what refuses later is an error. */
async function viewOf(
  store: ThreadStoreLike,
  id: string,
): Promise<ThreadFacts | 'deleted' | 'scheduled' | null> {
  try {
    return (await store.readThread(id)) ?? null
  } catch (error) {
    const { code } = error as { readonly code?: unknown }
    if (code === 'THREAD_DELETED') return 'deleted'
    if (code === 'THREAD_SCHEDULED') return 'scheduled'
    throw error
  }
}

async function attachmentsOf(
  store: ThreadStoreLike,
  id: string,
): Promise<SurveyedThread['attachments']> {
  const attachments = store.attachments?.(id)
  if (!attachments) return []
  const { attachments: listed } = await attachments.list({ limit: 1000 })
  return Promise.all(
    listed.map(async ({ kind, key }) => [kind, key, await attachments.get(kind, key)] as const),
  )
}

function withoutTimes(line: string): string {
  const { timestamp: _, ...rest } = JSON.parse(line) as {
    timestamp?: string
    payload?: Record<string, unknown>
  }
  const { timestamp: __, ...payload } = rest.payload ?? {}
  return JSON.stringify({ ...rest, payload })
}
