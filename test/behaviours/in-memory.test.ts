// The program of all operations, on a disk, in memory, and in memory beside a disk: after each operation the same facts.

import { existsSync } from 'node:fs'
import path from 'node:path'
import type { ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { operations } from '../bad-input/fault-operations.js'
import { writeSource } from '../bad-input/fault-program.js'
import { filesHolding } from '../support-fixtures/files.fixture.js'
import { scratch } from '../support-fixtures/scratch.fixture.js'
import { factsOf, type StoreFacts } from '../support-fixtures/store-state.fixture.js'

const stores = scratch()

/** A store that is asked for ephemeral threads by a program that does not know of them. */
function allEphemeral(store: ThreadStore): ThreadStore {
  const create = store.createThread.bind(store)
  store.createThread = (options = {}) => create({ ...options, ephemeral: true })
  return store
}

const kinds: readonly (readonly [string, (root: string) => Promise<ThreadStore>])[] = [
  ['on a disk', (root) => stores.open(root)],
  ['in memory', (root) => stores.open(root, { persistence: 'none' })],
  ['in memory beside a disk', async (root) => allEphemeral(await stores.open(root))],
]

describe('the program of all operations', () => {
  it.each(kinds)('%s', async (kind, open) => {
    const folder = await stores.folder()
    const root = path.join(folder, 'store')
    const source = await writeSource(folder)
    const store = await open(root)
    let facts: StoreFacts = {}
    for (const { name, run, after, needsDisk } of operations) {
      if (kind === 'in memory' && needsDisk) continue
      await run(store, source)
      facts = after(facts)
      if (name !== 'close') expect(await factsOf(store), `${kind}, after ${name}`).toEqual(facts)
    }
    expect(operations.length).toBeGreaterThan(12)
    if (kind === 'in memory') expect(existsSync(root)).toBe(false)
    if (kind === 'in memory beside a disk') expect(await filesHolding(root, 'three')).toEqual([])
    if (kind === 'on a disk') expect(await filesHolding(root, 'three')).not.toEqual([])
  })
})
