// The store against the model: what lives reads as it should and is on disk, and of what is dead there is no byte.

import path from 'node:path'
import { isStoreError, type ThreadStore } from '@cenotaph/core'
import { expect } from 'vitest'
import { scanRoot } from '../support/scan-root.js'
import { listedIds } from '../support/survey.js'
import type { Model, ModelThread } from './model.js'

export interface Checked {
  readonly deadTokens: number
  readonly livingTokens: number
}

/** Everything buffered must be flushed. */
export async function checkStore(
  root: string,
  store: ThreadStore,
  model: Model,
  tokens: ReadonlySet<string>,
): Promise<Checked> {
  const { shown, allowed } = model.tokens()
  const { found, names } = await scanRoot(root)
  const residue = [...found].filter(([token]) => tokens.has(token) && !allowed.has(token))
  expect(residue, 'canaries of the dead').toEqual([])
  const lost = [...shown].filter((token) => !found.has(token))
  expect(lost, 'canaries of the living that are not on disk').toEqual([])
  for (const id of model.dead) {
    expect(names.filter((name) => path.basename(name).includes(id))).toEqual([])
    await expectDeleted(store, id)
  }
  for (const thread of model.living) await expectLiving(store, thread)
  expect(await listedIds(store)).toEqual(new Set(model.living.map(({ id }) => id)))
  return { deadTokens: tokens.size - allowed.size, livingTokens: shown.size }
}

async function expectDeleted(store: ThreadStore, id: string): Promise<void> {
  const code = await store.readThread(id).then(
    () => 'read',
    (error: unknown) => (isStoreError(error) ? error.code : String(error)),
  )
  expect(code).toBe('THREAD_DELETED')
}

async function expectLiving(store: ThreadStore, thread: ModelThread): Promise<void> {
  const view = await store.readThread(thread.id)
  expect(view).toMatchObject({
    name: thread.name,
    cwd: thread.cwd,
    state: thread.archived ? 'archived' : 'active',
    nextOrdinal: thread.nextOrdinal,
  })
  const items: { ordinal: number; text: string }[] = []
  for await (const { ordinal, type, payload } of store.listItems(thread.id)) {
    if (type !== 'session_meta') items.push({ ordinal, text: textOf(payload) })
  }
  expect(items).toEqual(thread.items)
}

const textOf = (payload: unknown): string =>
  (payload as { content: readonly { text: string }[] }).content[0]!.text
