// What a caller sees of a store, and what the model says that a caller sees, in the same plain data.

import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { listedIds } from '../store/speaking.js'
import type { AttachmentsLike, WholeThreadStore } from '../store/thread-store-like.js'
import { linesOf } from './model-turns.js'
import type { WhatIsSupported } from './supports.js'
import { modelIds } from './system.js'
import type { ThreadModel } from './thread-model.js'

interface SeenThread {
  readonly name: string | null
  readonly state: string
  readonly held: boolean
  readonly pinned: boolean
  readonly parent: string | null
  readonly texts: readonly (string | null)[]
  readonly attachments: readonly (readonly [key: string, value: unknown])[]
}

export interface Seen {
  /** By id: a thread, `deleted`, `scheduled`, or null for what never was. */
  readonly threads: Readonly<Record<string, SeenThread | string | null>>
  readonly active: readonly string[]
  readonly archived: readonly string[]
  readonly scheduled: readonly string[]
  readonly held: readonly string[]
}

/** With `backward`, every thread is read in that direction too. */
export async function observe(
  store: WholeThreadStore,
  supports: WhatIsSupported,
  { backward = false }: { readonly backward?: boolean } = {},
): Promise<Seen> {
  const threads: Record<string, Seen['threads'][string]> = {}
  for (const id of modelIds) threads[id] = await observeThread(store, id, supports, backward)
  const listed = (options: { readonly archived?: boolean; readonly scheduled?: boolean }) =>
    listedIds(store, { ...options, includeSubagents: true, limit: 3 })
  return {
    threads,
    active: (await listed({ archived: false })).sort(),
    archived: supports.archive ? (await listed({ archived: true })).sort() : [],
    scheduled: supports.schedule ? (await listed({ scheduled: true })).sort() : [],
    held: supports.hold ? (await store.listHolds()).map(({ threadId }) => threadId).sort() : [],
  }
}

async function observeThread(
  store: WholeThreadStore,
  id: string,
  supports: WhatIsSupported,
  backward: boolean,
): Promise<Seen['threads'][string]> {
  const refusals: Readonly<Record<string, string>> = {
    THREAD_DELETED: 'deleted',
    THREAD_SCHEDULED: 'scheduled',
  }
  const view = await store.readThread(id).catch((error: { readonly code?: unknown }) => {
    const known = refusals[String(error.code)]
    if (known === undefined) throw error
    return known
  })
  if (view === undefined) return null
  if (typeof view === 'string') return view
  const forward = await linesOf(store, id)
  if (backward)
    assert.deepEqual(await linesOf(store, id, { reverse: true }), forward, `${id}, backward`)
  return {
    name: view.name,
    state: view.state,
    held: view.held === true,
    pinned: view.pinned === true,
    parent: view.parentThreadId ?? null,
    texts: forward.map((line) => line.text),
    attachments: supports.attachments ? await valuesOf(store.attachments(id)) : [],
  }
}

async function valuesOf(attachments: AttachmentsLike): Promise<(readonly [string, unknown])[]> {
  const { attachments: names } = await attachments.list()
  return Promise.all(
    names.map(async ({ kind, key }) => [key, await attachments.get(kind, key)] as const),
  )
}

export function observeModel(model: ThreadModel): Seen {
  const threads: Record<string, Seen['threads'][string]> = {}
  for (const id of modelIds) {
    const thread = model.threads.get(id)
    const state = model.stateOf(id)
    if (state === undefined) threads[id] = null
    else if (!thread || state === 'scheduled') threads[id] = state
    else {
      const { name, held, pinned, parent, lines, attachments } = thread
      const texts = lines.map((line) => line.text)
      const values = Object.entries(attachments).sort(([a], [b]) => (a < b ? -1 : 1))
      threads[id] = { name, state, held, pinned, parent, texts, attachments: values }
    }
  }
  const living = [...model.threads.values()]
  const inState = (state: string): string[] =>
    living.flatMap(({ id }) => (model.stateOf(id) === state ? [id] : [])).sort()
  return {
    threads,
    active: inState('active'),
    archived: inState('archived'),
    scheduled: inState('scheduled'),
    held: living.flatMap(({ id, held }) => (held ? [id] : [])).sort(),
  }
}

/**
 * Every thread in both directions, every list and state, and the store's own verification where it is asked for. Gives
 * the models that agree.
 * @throws AssertionError where none does
 */
export async function compareStore(
  store: WholeThreadStore,
  models: readonly ThreadModel[],
  supports: WhatIsSupported,
  { verify }: { readonly verify: boolean },
): Promise<readonly ThreadModel[]> {
  const seen = await observe(store, supports, { backward: true })
  const agreeing = models.filter((model) => isDeepStrictEqual(observeModel(model), seen))
  if (agreeing.length === 0) assert.deepEqual(seen, observeModel(models[0]!))
  if (!supports.inspect) return agreeing
  for (const id of modelIds) {
    const state = agreeing[0]!.stateOf(id)
    if (state !== undefined) assert.equal((await store.status(id)).state, state, id)
  }
  if (verify) assert.deepEqual((await store.verify()).problems, [])
  return agreeing
}
