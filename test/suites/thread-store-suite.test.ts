// The engine passes the published suite of thread stores: on LevelDB and the real disk, on a simulated machine that loses
// power whenever it is reopened, and in memory.

import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { type Clock, nodeClock } from '@cenotaph/storage'
import {
  contentOf,
  newMachine,
  portsOf,
  powerLost,
  type SimClock,
  type SimMachine,
  threadStoreSuite,
} from '@cenotaph/testing'
import { describe, expect, it } from 'vitest'
import { removeFolder, temporaryFolder } from '../support/temporary-folder.js'

const options = { ballastBytes: 512, quietMs: 3_600_000 }
const counts: number[] = []

/** The platform's clock, and what a test lets pass. */
function passingClock(): { readonly clock: Clock; pass(ms: number): void } {
  let passedMs = 0
  return {
    clock: {
      ...nodeClock,
      wallMs: () => nodeClock.wallMs() + passedMs,
      monotonicMs: () => nodeClock.monotonicMs() + passedMs,
    },
    pass: (ms) => {
      passedMs += ms
    },
  }
}

async function filesIn(folder: string): Promise<Uint8Array[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  // A descriptor on LOCK that is closed would drop the lock of the store that is open.
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'LOCK')
  return Promise.all(files.map((file) => readFile(path.join(file.parentPath, file.name))))
}

function* bytesOf(machine: SimMachine): Generator<Uint8Array> {
  for (const inode of machine.disk.inodes()) if (inode.kind === 'file') yield contentOf(inode)
  for (const { value } of machine.level.physical()) yield value
}

describe('LevelDB in a folder, on the real disk', () => {
  counts.push(
    threadStoreSuite({
      test: it,
      async factory() {
        const root = temporaryFolder()
        const { clock, pass } = passingClock()
        let store = await openThreadStore(root, { ...options, clock })
        const value = {
          store,
          async reopen() {
            await store.close()
            store = await openThreadStore(root, { ...options, clock })
            return store
          },
          bytes: () => filesIn(root),
          pass,
        }
        return {
          value,
          async remove() {
            await store.close()
            removeFolder(root)
          },
        }
      },
      supports: { residue: true, time: true },
    }),
  )
})

describe('a simulated machine that loses power', () => {
  counts.push(
    threadStoreSuite({
      test: it,
      async factory() {
        let machine = newMachine()
        const ports = portsOf(machine, (_effect, _where, run) => run())
        const clock = ports.clock as SimClock
        let store = await openThreadStore('/store', { ...options, ...ports })
        const value = {
          store,
          async reopen() {
            machine = powerLost(machine)
            const next = portsOf(machine, (_effect, _where, run) => run())
            store = await openThreadStore('/store', { ...options, ...next, clock })
            return store
          },
          bytes: async () => [...bytesOf(machine)],
          pass: (ms: number) => clock.advance(ms),
        }
        return { value, remove: () => store.close() }
      },
      supports: { residue: true, time: true },
    }),
  )
})

describe('a store in memory', () => {
  counts.push(
    threadStoreSuite({
      test: it,
      async factory() {
        const { clock, pass } = passingClock()
        const store = await openThreadStore('/nowhere', { ...options, clock, persistence: 'none' })
        const value = {
          store,
          // It is gone when it is closed; reopening recovers what memory holds.
          async reopen() {
            await store.reopen()
            return store
          },
          pass,
        }
        return { value, remove: () => store.close() }
      },
      supports: { time: true },
    }),
  )
})

it('the suite asks enough of each', () => {
  console.info(`thread store suite: ${counts.join(', ')} tests`)
  expect(counts).toHaveLength(3)
  for (const count of counts) expect(count).toBeGreaterThanOrEqual(60)
})
