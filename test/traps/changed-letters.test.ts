// One letter inside of a text of a rollout changes on the disk. The line is still sound JSON, its ordinal and the length
// are right: only the checksum in the row tells. Every way in which bytes get into a rollout must lead to one, so after
// each of them a letter of each file is changed, and verify must say so; with the letter back it must not.

import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { repairStore, type ThreadStore } from '@cenotaph/core'
import { seal, unseal } from '@cenotaph/journal'
import { describe, expect, it } from 'vitest'
import { writeCompressedSource } from '../support/rollout-source.js'
import { removeFolder } from '../support/temporary-folder.js'
import { testId } from '../support/thread-ids.js'
import {
  crashCopy,
  filesBelow,
  open,
  refusal,
  rolloutOf,
  say,
  scratch,
  textsOf,
  withLevel,
  writeForeign,
} from './store.fixture.js'

const [a, b, c] = [testId(1), testId(2), testId(3)] as [string, string, string]

/** Changes one letter of the last text; gives the way back. */
function changeLetter(file: string): () => void {
  const before = readFileSync(file)
  const after = Buffer.from(before)
  const at = Math.max(before.lastIndexOf('"text":"') + 8, before.lastIndexOf('"cwd":"') + 9)
  after[at]! ^= 1
  expect(JSON.parse(after.subarray(after.lastIndexOf(10, -2) + 1).toString())).toBeTruthy()
  writeFileSync(file, after)
  return () => writeFileSync(file, before)
}

const problemsOf = async (store: ThreadStore) =>
  (await store.verify()).problems.map(({ code, threadId }) => [code, threadId])

const plainRollouts = (root: string): string[] =>
  filesBelow(root).filter((file) => !file.includes('.cenotaph') && file.endsWith('.jsonl'))

/** Verify finds nothing, and a changed letter in every single rollout. Gives the number of those. */
async function checkEveryRollout(store: ThreadStore): Promise<number> {
  expect(await problemsOf(store)).toEqual([])
  const files = plainRollouts(store.root)
  for (const file of files) {
    const undo = changeLetter(file)
    const [owner] = /[0-9a-f]{8}-[0-9a-f-]{27}/.exec(path.basename(file).slice(28))!
    expect(await problemsOf(store), path.basename(file)).toEqual([['ROLLOUT_DAMAGED', owner]])
    undo()
  }
  expect(await problemsOf(store)).toEqual([])
  return files.length
}

const fresh = (): string => path.join(scratch(), 'root')

const ways: readonly (readonly [string, (root: string) => Promise<ThreadStore>])[] = [
  [
    'create and append, small, large and buffered',
    async (root) => {
      const store = await open(root, { referenceBytesMin: 1024 })
      await store.createThread({ threadId: a, cwd: '/work/one' })
      await store.appendItems(a, [say('one'), say('two')])
      await store.appendItems(a, [say('x'.repeat(3_000))])
      await store.appendItems(a, [say('three')], { durability: 'buffered' })
      await store.flush(a)
      await store.createThread({ threadId: b, cwd: '/work/two' })
      return store
    },
  ],
  [
    'replay after a crash',
    async (root) => {
      const store = await open(root, { referenceBytesMin: 1024 })
      await store.createThread({ threadId: a, cwd: '/work/one' })
      const file = rolloutOf(root, a)
      const { size } = statSync(file)
      await store.appendItems(a, [say('one')])
      await store.appendItems(a, [say('two')])
      await store.createThread({ threadId: b, cwd: '/work/two' })
      await store.appendItems(b, [say('y'.repeat(3_000))])
      const copy = crashCopy(root)
      truncateSync(rolloutOf(copy, a), size)
      return open(copy)
    },
  ],
  [
    'fork by reference and by copy, archive and back, rename',
    async (root) => {
      const store = await open(root)
      await store.createThread({ threadId: a, cwd: '/work/one' })
      await store.appendItems(a, [say('one'), say('two')])
      await store.forkThread(a, { newThreadId: b, throughOrdinal: 1 })
      await store.forkThread(a, { newThreadId: c, copy: true })
      for (const id of [a, b, c]) await store.appendItems(id, [say('more')])
      await store.archiveThreads([a])
      await store.archiveThreads([c])
      await store.unarchiveThreads([a])
      await store.renameThread(a, 'another name')
      return store
    },
  ],
  [
    'import, import of a longer one, import of a compressed one that is then appended to',
    async (root) => {
      const store = await open(root)
      const folder = scratch()
      const cwd = '/work/elsewhere'
      writeForeign(folder, { threadId: a, cwd, messages: ['one'] })
      await store.importRollouts([folder])
      writeForeign(folder, { threadId: a, cwd, messages: ['one', 'two'] })
      await store.importRollouts([folder])
      const compressed = await writeCompressedSource(scratch(), {
        threadId: b,
        cwd,
        messages: ['one', 'two'],
      })
      await store.importRollouts([compressed])
      await store.appendItems(b, [say('three')])
      return store
    },
  ],
  [
    'a detach, and the offsets that are corrected behind it',
    async (root) => {
      const store = await open(root)
      await store.createThread({ threadId: a, cwd: '/work/one' })
      await store.appendItems(a, [say('one'), say('two')])
      await store.forkThread(a, { newThreadId: b })
      await store.appendItems(b, [say('of the fork')])
      await store.forkThread(b, { newThreadId: c })
      await store.appendItems(c, [say('of its fork')])
      await store.deleteThread(a, { forks: 'detach' })
      await store.appendItems(b, [say('and more')])
      return store
    },
  ],
  [
    'a redaction, of own and of inherited lines',
    async (root) => {
      const store = await open(root)
      await store.createThread({ threadId: a, cwd: '/work/one' })
      await store.appendItems(a, [say('one'), say('a secret that nobody guesses'), say('two')])
      await store.forkThread(a, { newThreadId: b })
      await store.appendItems(b, [say('more')])
      await store.redactItems(b, [2], 'asked for')
      await store.appendItems(a, [say('three')])
      return store
    },
  ],
  [
    'a repair that rebuilds, and one that adopts',
    async (root) => {
      const store = await open(root)
      await store.createThread({ threadId: a, cwd: '/work/one' })
      await store.appendItems(a, [say('one'), say('two')])
      await store.close()
      writeFileSync(path.join(root, '.cenotaph', 'level', 'CURRENT'), 'nonsense\n')
      await repairStore(root, { ballastBytes: 4096 })
      const file = rolloutOf(root, a)
      const last = readFileSync(file).toString().trimEnd().split('\n').at(-1)!
      const theirs = last.replace('"ordinal":2', '"ordinal":3').replace('"two"', '"theirs"')
      writeFileSync(file, `${readFileSync(file)}${theirs}\n`)
      const { adopted } = await repairStore(root, { ballastBytes: 4096 })
      expect(adopted).toEqual([{ threadId: a, items: 1 }])
      for (const name of readdirSync(path.join(root, '.cenotaph')))
        if (name.startsWith('level.damaged-')) removeFolder(path.join(root, '.cenotaph', name))
      return open(root)
    },
  ],
]

describe('verify sees one changed letter after', () => {
  let checked = 0
  it.each(ways)('%s', async (_name, build) => {
    const store = await build(fresh())
    checked += await checkEveryRollout(store)
    await store.close()
    // The checksum is in the row on disk, not in memory alone.
    checked += await checkEveryRollout(await open(store.root))
  })

  it('for every rollout that there was', () => {
    expect(checked).toBeGreaterThanOrEqual(28)
  })
})

async function forkOfBase(): Promise<{ root: string; store: ThreadStore }> {
  const root = fresh()
  const store = await open(root)
  await store.createThread({ threadId: a, cwd: '/work/one' })
  await store.appendItems(a, [say('one'), say('two')])
  await store.forkThread(a, { newThreadId: b })
  await store.appendItems(b, [say('of the fork')])
  await store.checkpoint()
  return { root, store }
}

describe('a rollout with a changed letter', () => {
  it('is not written anew, so that the letter would pass for the true one', async () => {
    const { root, store } = await forkOfBase()
    const undo = changeLetter(rolloutOf(root, b))
    await refusal(store.deleteThread(a, { forks: 'detach' }), 'ROLLOUT_DAMAGED')
    await refusal(store.redactItems(b, [4], 'asked for'), 'ROLLOUT_DAMAGED')
    expect(await textsOf(store, a)).toEqual(['one', 'two'])
    undo()
    expect((await store.deleteThread(a, { forks: 'detach' })).state).toBe('deleted')
    expect(await problemsOf(store)).toEqual([])
  })

  it('that changes behind the commit of a delete keeps that delete open', async () => {
    const root = fresh()
    let undo: (() => void) | undefined
    const store = await open(root, {
      crashPoint: (name) => {
        if (name === 'delete.intend:after') undo ??= changeLetter(rolloutOf(root, b))
      },
    })
    await store.createThread({ threadId: a, cwd: '/work/one' })
    await store.appendItems(a, [say('one')])
    await store.forkThread(a, { newThreadId: b })
    await store.appendItems(b, [say('of the fork')])
    const { state, pending } = await store.deleteThread(a, { forks: 'detach' })
    expect([state, pending[0]?.step]).toEqual(['erasing', 'delete.detach'])
    expect(pending[0]?.reason).toBe('ROLLOUT_DAMAGED')
    undo!()
    await store.retry(a)
    expect((await store.status(a)).state).toBe('deleted')
    expect(await textsOf(store, b)).toEqual(['one', 'of the fork'])
  })

  it('that came compressed and without a checksum of its own is not made plain', async () => {
    const root = fresh()
    const store = await open(root)
    const plain = writeForeign(scratch(), { threadId: a, cwd: '/work', messages: ['one'] })
    const foreign = `${plain}.zst`
    writeFileSync(foreign, rawFrame(readFileSync(plain)))
    await store.importRollouts([foreign])
    const file = filesBelow(root).find((name) => name.endsWith('.zst'))!
    const bytes = readFileSync(file)
    bytes[bytes.lastIndexOf('"one"') + 1]! ^= 1
    writeFileSync(file, bytes)
    expect(await problemsOf(store)).toEqual([['ROLLOUT_DAMAGED', a]])
    await refusal(store.appendItems(a, [say('two')]), 'ROLLOUT_DAMAGED')
    expect(filesBelow(root).filter((name) => name.endsWith('.jsonl'))).toEqual([])
  })

  it('is taken as it is by a repair, which names it; the delete then goes on', async () => {
    const { root, store } = await forkOfBase()
    await store.close()
    changeLetter(rolloutOf(root, b))
    const bytes = readFileSync(rolloutOf(root, b))
    const named = [['rollout-bytes', b]]
    const look = await repairStore(root, { ballastBytes: 4096 }, { dryRun: true })
    expect(look.lost.map(({ what, threadId }) => [what, threadId])).toEqual(named)
    const report = await repairStore(root, { ballastBytes: 4096 })
    expect(report.lost.map(({ what, threadId }) => [what, threadId])).toEqual(named)
    expect(report.adopted).toEqual([])
    expect(readFileSync(rolloutOf(root, b)).equals(bytes)).toBe(true)
    expect((await repairStore(root, { ballastBytes: 4096 })).lost).toEqual([])
    const repaired = await open(root)
    expect(await problemsOf(repaired)).toEqual([])
    expect((await repaired.readThread(b))?.damaged).toBe(true)
    expect((await repaired.deleteThread(a, { forks: 'detach' })).state).toBe('deleted')
    expect((await textsOf(repaired, b)).slice(0, 2)).toEqual(['one', 'two'])
  })
})

describe('a row from before there were checksums', () => {
  it('is read, appended to and verified as before; what is written anew and a repair give it one', async () => {
    const { root, store } = await forkOfBase()
    await store.close()
    await withoutChecksums(root)
    const old = await open(root)
    await old.appendItems(b, [say('more')])
    expect(await problemsOf(old)).toEqual([])
    const undo = changeLetter(rolloutOf(root, a))
    expect(await problemsOf(old)).toEqual([])
    undo()
    expect((await old.deleteThread(a, { forks: 'detach' })).state).toBe('deleted')
    expect(await checkEveryRollout(old)).toBe(1)
    await old.close()

    await withoutChecksums(root)
    expect((await repairStore(root, { ballastBytes: 4096 })).lost).toEqual([])
    expect(await checkEveryRollout(await open(root))).toBe(1)
  })
})

/** As a version without checksums would have written them. */
async function withoutChecksums(root: string): Promise<void> {
  let rows = 0
  await withLevel(root, async (level) => {
    for (const [key, value] of await level.iterator({ gt: 't/', lt: 't0' }).all()) {
      if (!key.endsWith('/row')) continue
      const row = JSON.parse(Buffer.from(unseal(key, value)).toString())
      for (const rollout of row.rollouts) {
        expect(typeof rollout.crc32).toBe('number')
        delete rollout.crc32
      }
      await level.put(key, seal(key, Buffer.from(JSON.stringify(row))), { sync: true })
      rows += 1
    }
  })
  expect(rows).toBeGreaterThan(0)
}

/** A standard zstd frame without a checksum, whose one block holds the bytes as they are. */
function rawFrame(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(12)
  head.writeUInt32LE(0xfd2fb528, 0)
  // A single segment with a content size of 4 bytes.
  head[4] = 0b1010_0000
  head.writeUInt32LE(bytes.length, 5)
  // The last block, raw.
  head.writeUIntLE((bytes.length << 3) | 1, 9, 3)
  return Buffer.concat([head, bytes])
}
