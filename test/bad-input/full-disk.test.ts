// A disk that is full, for real where a small file system can be mounted (as root, on Linux): appends are an error
// and never silence, reads go on, a reopening works, and a delete succeeds, because the ballast is given up for it.

import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { isStoreError, openThreadStore, type ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { filesHolding } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { quietOptions } from '../support-fixtures/scratch.fixture.js'
import {
  codeOf,
  errorOf,
  factsOf,
  textItem,
  textsOf,
} from '../support-fixtures/store-state.fixture.js'

const MiB = 1024 * 1024
const [big, small] = [1, 2].map(threadIdOf) as [string, string]
// The default ballast: LevelDB writes up to 8 MiB of its log anew when it is opened after a failure.
const options = { ...quietOptions, ballastBytes: 8 * MiB }

function mount(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'none', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const unmount = (folder: string): void => {
  execFileSync('umount', ['-l', folder], { stdio: 'ignore' })
}

async function mountable(): Promise<boolean> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cenotaph-mount-'))
  const mounted = mount(folder)
  if (mounted) unmount(folder)
  await rm(folder, { recursive: true })
  return mounted
}

/** Runs on a file system of 48 MiB of its own. */
async function onSmallDisk(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cenotaph-small-'))
  if (!mount(folder)) throw new Error('could be mounted a moment ago')
  try {
    await run(folder)
  } finally {
    unmount(folder)
    await rm(folder, { recursive: true, force: true })
  }
}

/** Takes every free byte; returns the way to give them back. */
function fill(folder: string): () => void {
  const name = path.join(folder, 'filling')
  const file = openSync(name, 'w')
  for (const size of [MiB, 4_096, 1]) {
    const piece = Buffer.alloc(size, 1)
    for (;;) {
      try {
        if (writeSync(file, piece) < size) break
      } catch {
        break
      }
    }
  }
  closeSync(file)
  return () => rmSync(name, { force: true })
}

async function appendUntilRefused(store: ThreadStore, id: string, size: number): Promise<number> {
  for (let acknowledged = 0; ; acknowledged += 1) {
    try {
      await store.appendItems(id, [textItem(`${acknowledged}`), textItem('x'.repeat(size))])
    } catch (error) {
      expect(isStoreError(error), String(error)).toBe(true)
      return acknowledged
    }
  }
}

const runnable = await mountable()
const title = runnable ? '' : ' (skipped: no file system can be mounted here; run as root)'

describe(`a full disk${title}`, () => {
  it.runIf(runnable)('refuses appends with DISK_FULL in the detail, and loses none', () =>
    onSmallDisk(async (folder) => {
      const root = path.join(folder, 'store')
      const store = await openThreadStore(root, options)
      await store.createThread({ threadId: big, name: 'big' })
      await store.createThread({ threadId: small, name: 'small' })
      await store.appendItems(small, [textItem('mine')])
      const release = fill(folder)
      const acknowledged = await appendUntilRefused(store, big, 100)
      expect(store.failure?.detail.diskFull).toBe(true)
      expect((await textsOf(store, big)).length).toBeGreaterThanOrEqual(2 * acknowledged)
      expect(await textsOf(store, small)).toEqual(['mine'])
      release()
      await store.reopen()
      const texts = await textsOf(store, big)
      expect(texts.length).toBeGreaterThanOrEqual(2 * acknowledged)
      expect(texts.length % 2).toBe(0)
      expect((await store.verify()).problems).toEqual([])
      await store.appendItems(big, [textItem('more')])
      await store.close()
    }),
  )

  it.runIf(runnable)('of appends that filled it themselves, every acknowledged one is there', () =>
    onSmallDisk(async (folder) => {
      const root = path.join(folder, 'store')
      const store = await openThreadStore(root, options)
      await store.createThread({ threadId: big })
      const acknowledged = await appendUntilRefused(store, big, 40_000)
      expect(acknowledged).toBeGreaterThan(20)
      // Nothing is freed from outside: the ballast is what recovery lives on.
      await store.reopen()
      const numbers = (await textsOf(store, big)).filter((text) => text.length < 10)
      expect(numbers.slice(0, acknowledged)).toEqual(
        numbers.slice(0, acknowledged).map((_, n) => `${n}`),
      )
      expect(numbers.length).toBeGreaterThanOrEqual(acknowledged)
      await store.close()
    }),
  )

  it.runIf(runnable)('does not stop a delete, which gives the ballast up and takes it again', () =>
    onSmallDisk(async (folder) => {
      const root = path.join(folder, 'store')
      const secret = 'secret text of the thread that goes'
      const store = await openThreadStore(root, options)
      await store.createThread({ threadId: big, name: 'big' })
      await store.createThread({ threadId: small, name: 'small' })
      await store.appendItems(small, [textItem('mine')])
      for (let n = 0; n < 60; n += 1) {
        await store.appendItems(big, [textItem(`${secret} ${'x'.repeat(40_000)}`)])
      }
      await store.checkpoint()
      const release = fill(folder)
      const ballast = path.join(root, '.cenotaph', 'ballast')
      expect((await stat(ballast)).size).toBe(8 * MiB)
      const result = await store.deleteThread(big)
      expect(result.state).toBe('deleted')
      expect(await filesHolding(root, secret)).toEqual([])
      release()
      await store.reopen()
      expect((await stat(ballast)).size).toBe(8 * MiB)
      expect(Object.keys(await factsOf(store))).toEqual([small])
      expect((await store.verify()).problems).toEqual([])
      await store.close()
    }),
  )

  it.runIf(runnable)('does not stop a reopening and then a delete, after appends that failed', () =>
    onSmallDisk(async (folder) => {
      const root = path.join(folder, 'store')
      let store = await openThreadStore(root, options)
      await store.createThread({ threadId: big })
      await store.createThread({ threadId: small })
      const acknowledged = await appendUntilRefused(store, big, 40_000)
      fill(folder)
      expect(await codeOf(() => store.appendItems(small, [textItem('no')]))).toBe('STORE_FAILED')
      await store.reopen()
      expect((await textsOf(store, big)).length).toBeGreaterThanOrEqual(2 * acknowledged)
      expect((await store.deleteThread(big)).state).toBe('deleted')
      await store.appendItems(small, [textItem('yes')])
      await store.close()
      store = await openThreadStore(root, options)
      expect(await factsOf(store)).toEqual({
        [small]: { name: null, archived: false, texts: ['yes'] },
      })
      expect((await store.verify()).problems).toEqual([])
      await store.close()
    }),
  )

  it.runIf(runnable)(
    'refuses a new store with DISK_FULL or DISK_ERROR, and makes it when there is room',
    () =>
      onSmallDisk(async (folder) => {
        const root = path.join(folder, 'store')
        const release = fill(folder)
        const error = await errorOf(() => openThreadStore(root, options))
        expect(['DISK_FULL', 'DISK_ERROR']).toContain(error.code)
        release()
        const store = await openThreadStore(root, options)
        await store.createThread()
        expect((await store.verify()).problems).toEqual([])
        await store.close()
      }),
  )

  it.runIf(runnable)('close on it resolves or tells, and loses nothing', () =>
    onSmallDisk(async (folder) => {
      const root = path.join(folder, 'store')
      const store = await openThreadStore(root, options)
      await store.createThread({ threadId: small })
      await store.appendItems(small, [textItem('one')])
      const release = fill(folder)
      expect(['resolved', 'STORE_FAILED', 'DISK_FULL']).toContain(await codeOf(() => store.close()))
      release()
      const again = await openThreadStore(root, options)
      expect(await textsOf(again, small)).toEqual(['one'])
      expect((await again.verify()).problems).toEqual([])
      await again.close()
    }),
  )

  it.runIf(runnable)(
    'an import, a fork by copy and an export that do not fit leave nothing behind',
    () =>
      onSmallDisk(async (folder) => {
        const root = path.join(folder, 'store')
        const store = await openThreadStore(root, options)
        await store.createThread({ threadId: big })
        for (let n = 0; n < 30; n += 1) await store.appendItems(big, [textItem('x'.repeat(40_000))])
        await store.checkpoint()
        const before = await factsOf(store)
        fill(folder)
        expect(await codeOf(() => store.forkThread(big, { copy: true }))).toBe('DISK_FULL')
        const to = path.join(folder, 'out')
        expect(await codeOf(() => store.exportThreads([big], { to }))).toBe('DISK_FULL')
        expect(store.failure).toBeUndefined()
        expect(await factsOf(store)).toEqual(before)
        expect((await store.verify()).problems).toEqual([])
        expect((await store.deleteThread(big)).state).toBe('deleted')
        await store.close()
      }),
  )
})
