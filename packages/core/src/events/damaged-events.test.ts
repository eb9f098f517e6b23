import { type Level, memoryLevels, seal } from '@cenotaph/journal'
import { MemoryDisk } from '@cenotaph/storage'
import { expect, it } from 'vitest'
import { testOptions } from '../store.fixture.js'
import { openThreadStore, type ThreadStore } from '../store.js'
import { bodyOf, eventKey, nodeKey, parseBody, payloadKey } from './stored-event.js'

interface Opened {
  readonly store: ThreadStore
  /** Puts a value with the right checksum: what only the log itself can notice. */
  change(key: string, to: (body: Uint8Array) => Uint8Array | undefined): Promise<void>
  /** Positions that `verify` names. */
  damaged(): Promise<readonly number[]>
}

async function opened(): Promise<Opened> {
  const levels = memoryLevels()
  let level: Level | undefined
  const store = await openThreadStore('/store', {
    ...testOptions,
    disk: new MemoryDisk(),
    levels: {
      ...levels,
      async open(folder, options) {
        level = await levels.open(folder, options)
        return level
      },
    },
  })
  return {
    store,
    async change(key, to) {
      const value = await level!.get(key)
      const body = value && to(value.subarray(0, -4))
      if (body) await level!.put(key, seal(key, body))
      else await level!.del(key)
    },
    async damaged() {
      const { problems } = await store.verify()
      return problems
        .filter(({ code }) => code === 'EVENT_DAMAGED')
        .map(({ detail }) => Number(detail.replace(/\D/g, '')))
    },
  }
}

/** The same JSON with one member replaced. */
const having = (members: object) => (body: Uint8Array) =>
  bodyOf({ ...parseBody<object>(body), ...members })

it('an event, its leaf and its payload must be what was committed to, on every page of the log', async () => {
  const { store, change, damaged } = await opened()
  const id = await store.createThread({ name: 'zero' })
  const events = 650
  for (let event = 1; event < events; event += 1) await store.renameThread(id, `name ${event}`)
  expect(await damaged()).toEqual([])
  await change(eventKey(0), having({ at: 1 }))
  await change(payloadKey(id, 1), having({ payload: { name: 'another' } }))
  await change(payloadKey(id, 299), having({ salt: '00'.repeat(32) }))
  await change(nodeKey(0, 300), () => new Uint8Array(32))
  await change(nodeKey(0, 301), () => undefined)
  await change(eventKey(599), () => undefined)
  await change(eventKey(600), having({ commitment: '00'.repeat(32) }))
  // What was erased is no damage.
  await change(payloadKey(id, 601), () => undefined)
  expect(await damaged()).toEqual([0, 1, 299, 300, 301, 599, 600])
  await store.close()
})

it('an event of no thread has its payload beside it, and is checked as well', async () => {
  const { store, change, damaged } = await opened()
  await store.retention.set({ archiveAfter: '30d' })
  const position = (await store.logHead()).treeSize - 1
  expect(await damaged()).toEqual([])
  await change(eventKey(position), having({ payload: { archiveAfter: '1d' } }))
  expect(await damaged()).toEqual([position])
  await store.close()
})
