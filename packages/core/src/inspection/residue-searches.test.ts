import fs from 'node:fs/promises'
import path from 'node:path'
import { breathe, type Disk, nodeClock, nodeDisk, StoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import type { StoreEvent } from '../events/event-log.js'
import { SteeredClock } from '../retention/steered-clock.fixture.js'
import { message, testOptions, withRoot } from '../store.fixture.js'
import { openThreadStore, type ThreadStore } from '../store.js'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

/** Leaves a file that names a deleted thread. */
async function leaveResidue(store: ThreadStore, root: string): Promise<string> {
  const id = await store.createThread({ cwd: '/w' })
  await store.appendItems(id, [message('x')])
  await store.deleteThread(id)
  await fs.writeFile(path.join(root, '.cenotaph', 'left.txt'), id)
  return id
}

describe('the weekly search for residue', () => {
  it('is run by a sweep, a week after the last one, across reopens', () =>
    withRoot(async (root) => {
      let nowMs = nodeClock.wallMs()
      const options = { ...testOptions, clock: { ...nodeClock, wallMs: () => nowMs } }
      let store = await openThreadStore(root, options)
      const id = await leaveResidue(store, root)
      expect((await store.sweep()).residue).toBeNull()
      nowMs += 6 * DAY_MS
      expect((await store.sweep()).residue).toBeNull()
      await store.close()
      store = await openThreadStore(root, options)
      nowMs += 2 * DAY_MS
      expect((await store.sweep()).residue).toMatchObject({
        problems: [{ code: 'RESIDUE_FOUND', threadId: id }],
      })
      expect((await store.sweep()).residue).toBeNull()
      // A clock that steps back never makes it due again before its time.
      nowMs -= 400 * DAY_MS
      expect((await store.sweep()).residue).toBeNull()
      await store.close()
    }))
})

interface OpenStore {
  readonly store: ThreadStore
  readonly root: string
  readonly clock: SteeredClock
  /** The next event of the search. */
  searched(): Promise<StoreEvent>
  /** So much time passes, and what is due by then begins. */
  pass(ms: number): void
}

/** A store that stays open, and does what its clock says. Its first look has been. */
async function withOpenStore(
  run: (open: OpenStore) => Promise<void>,
  disk: Disk = nodeDisk,
): Promise<void> {
  await withRoot(async (root) => {
    const clock = new SteeredClock()
    const store = await openThreadStore(root, { ...testOptions, clock, disk })
    const ended = new AbortController()
    const events = store.watch({ signal: ended.signal })
    const searched = async (): Promise<StoreEvent> => {
      for (;;) {
        const { value, done } = await events.next()
        if (done) throw new Error('the store says nothing any more')
        if (value.type.startsWith('residue.')) return value
      }
    }
    const pass = (ms: number): void => {
      clock.pass(ms)
      clock.fire()
    }
    try {
      pass(HOUR_MS)
      // Waits for the look that is under way, and has nothing to tell.
      expect((await store.sweep()).residue).toBeNull()
      await breathe()
      await run({ store, root, clock, searched, pass })
    } finally {
      ended.abort()
      await store.close()
    }
  })
}

/** More than the search reads without a rest. */
async function leaveMuch(root: string): Promise<void> {
  await fs.writeFile(path.join(root, '.cenotaph', 'much.txt'), Buffer.alloc(9 * 1024 * 1024, 'x'))
}

const REST_MS = 20

async function untilResting(clock: SteeredClock): Promise<void> {
  while (!clock.delays().includes(REST_MS)) await breathe()
}

describe('a store that stays open', () => {
  it('searches by itself once a week, and says what it found: in an event, and to the next sweep', () =>
    withOpenStore(async ({ store, root, searched, pass }) => {
      const id = await leaveResidue(store, root)
      pass(6 * DAY_MS)
      expect((await store.sweep()).residue).toBeNull()
      await breathe()
      pass(2 * DAY_MS)
      const { type, threadId, payload } = await searched()
      expect([type, threadId]).toEqual(['residue.searched', null])
      expect(payload).toMatchObject({ problems: 1, shared: 0, notSearched: 0 })
      expect(payload!.files).toBeGreaterThan(8)
      const { residue } = await store.sweep()
      expect(residue?.problems).toMatchObject([{ code: 'RESIDUE_FOUND', threadId: id }])
      expect((await store.sweep()).residue).toBeNull()
      await fs.rm(path.join(root, '.cenotaph', 'left.txt'))
      pass(7 * DAY_MS)
      expect((await searched()).payload).toMatchObject({ problems: 0 })
    }))

  it('reads every block of the tables too, and says which is damaged', () =>
    withOpenStore(async ({ store, root, searched, pass }) => {
      await store.createThread({ cwd: '/w' })
      // An erasure leaves a table.
      await store.deleteThread(await store.createThread({ cwd: '/w' }))
      const folder = path.join(root, '.cenotaph', 'level')
      const table = (await fs.readdir(folder)).find((name) => name.endsWith('.ldb'))!
      const file = await fs.open(path.join(folder, table), 'r+')
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 20)
      await file.write(Buffer.from([buffer[0]! ^ 4]), 0, 1, 20)
      await file.close()
      pass(8 * DAY_MS)
      expect((await searched()).payload).toMatchObject({ problems: 1 })
      const { residue } = await store.sweep()
      expect(residue?.problems).toMatchObject([{ code: 'LEVEL_DAMAGED', threadId: null }])
    }))

  it('is told once, to a sweep that comes while it searches', () =>
    withOpenStore(async ({ store, root, clock, pass }) => {
      const id = await leaveResidue(store, root)
      await leaveMuch(root)
      pass(8 * DAY_MS)
      await untilResting(clock)
      const sweeping = store.sweep()
      const resting = setInterval(() => pass(REST_MS), 1)
      const { residue } = await sweeping
      clearInterval(resting)
      expect(residue?.problems).toMatchObject([{ threadId: id }])
      expect((await store.sweep()).residue).toBeNull()
    }))

  it('rests between its reads, and others go on', () =>
    withOpenStore(async ({ store, root, clock, searched, pass }) => {
      await leaveMuch(root)
      pass(8 * DAY_MS)
      let rests = 0
      let isOver = false
      const over = searched().finally(() => {
        isOver = true
      })
      while (!isOver) {
        if (clock.delays().includes(REST_MS)) {
          await store.createThread({ cwd: '/meanwhile' })
          rests += 1
          pass(REST_MS)
        }
        await breathe()
      }
      expect((await over).payload).toMatchObject({ problems: 0 })
      expect(rests).toBeGreaterThanOrEqual(2)
    }))

  it('closes while it searches, without a timer left, and the search is due again', () =>
    withOpenStore(async ({ store, root, clock, pass }) => {
      await leaveMuch(root)
      pass(8 * DAY_MS)
      await untilResting(clock)
      await store.close()
      expect(clock.delays()).toEqual([])
      const again = await openThreadStore(root, { ...testOptions, clock })
      expect((await again.sweep()).residue).toMatchObject({ problems: [] })
      await again.close()
      expect(clock.delays()).toEqual([])
    }))

  it('says that a search failed, goes on, and searches an hour later', async () => {
    let isBroken = false
    const disk: Disk = {
      ...nodeDisk,
      list: async (name) => {
        if (isBroken && name.endsWith('quarantine'))
          throw new StoreError('DISK_ERROR', 'a folder cannot be listed')
        return nodeDisk.list(name)
      },
    }
    await withOpenStore(async ({ store, searched, pass }) => {
      isBroken = true
      pass(8 * DAY_MS)
      expect(await searched()).toMatchObject({
        type: 'residue.unsearched',
        payload: { reason: 'DISK_ERROR' },
      })
      expect(store.failure).toBeUndefined()
      await store.createThread({ cwd: '/w' })
      isBroken = false
      pass(HOUR_MS)
      expect(await searched()).toMatchObject({ type: 'residue.searched' })
    }, disk)
  })

  it('in memory has no timer for it', async () => {
    const clock = new SteeredClock()
    const store = await openThreadStore('/nowhere', { persistence: 'none', clock })
    expect(clock.delays()).toEqual([])
    await store.close()
  })
})
