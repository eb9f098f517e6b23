// Fresh real folders and stores for the tests of a file. Stores are closed and folders removed after each test,
// whatever became of the test; a file that a closed store left open fails its test.

import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openThreadStore, type ThreadStore, type ThreadStoreOptions } from '@cenotaph/core'
import { nodeDisk } from '@cenotaph/storage'
import { afterAll, afterEach, expect } from 'vitest'
import { countedDisk } from './counted-disk.fixture.js'
import { openFilesUnder } from './open-files.fixture.js'

/** Small and unhurried: nothing runs in the background while a test looks. */
export const quietOptions: ThreadStoreOptions = {
  ballastBytes: 4 * 1024,
  quietMs: 3_600_000,
  bufferedMs: 3_600_000,
  retryMs: 3_600_000,
  requestedBy: 'test',
}

/** What holds for a store on disk and for one in memory alike. */
export const kinds: readonly (readonly [string, ThreadStoreOptions])[] = [
  ['on disk', {}],
  ['in memory', { persistence: 'none' }],
]

export interface Scratch {
  folder(): Promise<string>
  /** Opens a store that the end of the test closes. */
  open(root: string, options?: ThreadStoreOptions): Promise<ThreadStore>
  /** A store in a fresh folder. */
  store(options?: ThreadStoreOptions): Promise<ThreadStore>
}

export interface ScratchOptions {
  /** `file` keeps everything until the last test of the file has ended. */
  readonly per?: 'test' | 'file'
  /** Folders in memory where there is such a place: for many stores of which none has to survive a power cut. */
  readonly inMemory?: boolean
}

const memoryFolder = '/dev/shm'

export function scratch({ per = 'test', inMemory = false }: ScratchOptions = {}): Scratch {
  const parent = inMemory && existsSync(memoryFolder) ? memoryFolder : tmpdir()
  const folders: string[] = []
  const stores: ThreadStore[] = []
  const openPaths: (() => readonly string[])[] = []
  const after = per === 'test' ? afterEach : afterAll
  after(async () => {
    // A test that failed may leave a store that cannot be closed in order; its folder goes all the same.
    for (const store of stores.splice(0)) await store.close().catch(() => {})
    const left = [
      ...openPaths.splice(0).flatMap((paths) => paths()),
      ...folders.flatMap(openFilesUnder),
    ]
    for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
    expect(left, 'files that a closed store left open').toEqual([])
  })
  const self: Scratch = {
    async folder() {
      const folder = await mkdtemp(path.join(parent, 'cenotaph-test-'))
      folders.push(folder)
      return folder
    },
    async open(root, options = {}) {
      const { disk, openPaths: paths } = countedDisk(options.disk ?? nodeDisk)
      openPaths.push(paths)
      const store = await openThreadStore(root, { ...quietOptions, ...options, disk })
      stores.push(store)
      return store
    },
    async store(options = {}) {
      return self.open(path.join(await self.folder(), 'store'), options)
    },
  }
  return self
}
