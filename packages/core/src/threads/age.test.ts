// Which threads have an age: what imports bring, what appends add, what extensions keep.

import fs from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { message, testOptions, withRoot } from '../store.fixture.js'
import { openThreadStore, type ThreadStore } from '../store.js'

const id = '01900000-0000-7000-8000-000000000001'

async function write(folder: string, times: readonly (string | undefined)[]): Promise<string> {
  await fs.mkdir(folder, { recursive: true })
  const lines = times.map((timestamp, ordinal) => {
    const time = timestamp === undefined ? {} : { timestamp }
    const meta = { id, cwd: '/w', originator: 'elsewhere', cli_version: '1' }
    const body =
      ordinal === 0
        ? { type: 'session_meta', payload: { ...meta, timestamp: '2024-01-01T00:00:00.000Z' } }
        : message(`text ${ordinal}`)
    return `${JSON.stringify({ ...time, ordinal, ...body })}\n`
  })
  await fs.writeFile(path.join(folder, `rollout-2024-01-01T00-00-00-${id}.jsonl`), lines.join(''))
  return folder
}

/** Whether retention knows an age, and the last activity that the thread shows. */
async function ageOf(store: ThreadStore): Promise<string> {
  await store.retention.set({ maxTotalBytes: 1, grace: 0 })
  const { due, spared } = await store.retention.plan()
  expect(due.length + spared.length).toBe(1)
  return due[0]?.lastActivity ?? spared[0]!.why
}

async function withImport(
  times: readonly (string | undefined)[],
  run: (store: ThreadStore, folder: string) => Promise<void>,
): Promise<void> {
  await withRoot(async (root) => {
    const folder = await write(path.join(path.dirname(root), 'source'), times)
    const store = await openThreadStore(root, testOptions)
    try {
      expect((await store.importRollouts([folder])).imported).toHaveLength(1)
      await run(store, folder)
    } finally {
      await store.close()
    }
  })
}

const [first, last] = ['2024-01-02T00:00:00.000Z', '2024-03-04T00:00:00.000Z']

describe('the age of an imported thread', () => {
  it('is that of its latest line, in whatever order the lines are', async () => {
    await withImport([first, last], async (store) => expect(await ageOf(store)).toBe(last))
    await withImport([first, last, first], async (store) => expect(await ageOf(store)).toBe(last))
  })

  it.each([
    ['no line has a time', [undefined, undefined]],
    ['the last line has none', [first, last, undefined]],
    ['the last time is none', [first, last, 'the day before yesterday']],
  ])('is unknown where %s', async (_what, times) => {
    await withImport(times, async (store) => expect(await ageOf(store)).toBe('age-unknown'))
  })

  it('is known from the first line on that says when it was', () =>
    withImport([undefined, undefined], async (store) => {
      await store.appendItems(id, [message('now')])
      expect(Date.parse(await ageOf(store))).toBeGreaterThan(Date.parse(last))
    }))

  it('is known from an extension on, which keeps the hold and the pin', () =>
    withImport([undefined, undefined], async (store, folder) => {
      await store.holdThread(id, 'case')
      await store.pinThread(id)
      await write(folder, [undefined, undefined, last])
      expect((await store.importRollouts([folder])).imported).toHaveLength(1)
      expect(await store.readThread(id)).toMatchObject({ items: 3, held: true, pinned: true })
      await store.unholdThread(id)
      await store.unpinThread(id)
      expect(await ageOf(store)).toBe(last)
    }))
})
