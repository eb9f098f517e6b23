// Everything that a store tells about its threads, in a form that two runs of the same program share: times of the
// run are left out, and every other byte of every line is in.

import { isStoreError, type ThreadStore } from '@cenotaph/core'

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
  store: ThreadStore,
  ids: readonly string[],
  known: ReadonlySet<string> = new Set(),
): Promise<Survey> {
  const survey: Record<string, Survey[string]> = {}
  for (const id of ids) survey[id] = await surveyThread(store, id, known)
  return survey
}

async function surveyThread(
  store: ThreadStore,
  id: string,
  known: ReadonlySet<string>,
): Promise<Survey[string]> {
  try {
    const view = await store.readThread(id)
    if (!view) return null
    const lines: string[] = []
    for await (const item of store.listItems(id)) {
      const line = Buffer.from(item.line).toString()
      lines.push(known.has(line) ? line : withoutTimes(line))
    }
    const { state, name, cwd, preview, forkedFromId, parentThreadId, nextOrdinal } = view
    const { holdReason, pinned } = view
    const facts = { state, name, cwd, preview, forkedFromId, parentThreadId, nextOrdinal }
    return { ...facts, holdReason, pinned, attachments: await attachmentsOf(store, id), lines }
  } catch (error) {
    if (isStoreError(error, 'THREAD_DELETED')) return 'deleted'
    if (isStoreError(error, 'THREAD_SCHEDULED')) return 'scheduled'
    throw error
  }
}

async function attachmentsOf(
  store: ThreadStore,
  id: string,
): Promise<SurveyedThread['attachments']> {
  const attachments = store.attachments(id)
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

/** Ids of all threads that any list gives, archived and spawned ones included. */
export async function listedIds(store: ThreadStore): Promise<Set<string>> {
  const ids = new Set<string>()
  for (const archived of [false, true]) {
    let cursor: string | undefined
    do {
      const page = await store.listThreads({
        archived,
        includeSubagents: true,
        ...(cursor === undefined ? {} : { cursor }),
      })
      for (const { threadId } of page.threads) ids.add(threadId)
      cursor = page.nextCursor ?? undefined
    } while (cursor !== undefined)
  }
  return ids
}
