// Stores of every format version that there was are opened by this checkout, and say what they said then. They go on as
// stores: they take lines and operations, and a delete of everything leaves nothing of it.
//
// `TZ=UTC CENOTAPH_MAKE_GOLDEN=v2 npx vitest run test/golden-stores/golden.test.ts` writes those of a new version.

import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { verifyLogHead, verifyReceipt } from '@cenotaph/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { removeFolder, temporaryFolder } from '../support/temporary-folder.js'
import { filesBelow, filesHolding, say, scratch } from '../traps/store.fixture.js'
import { ids } from './build-store.js'
import {
  copyGolden,
  expectedOf,
  goldenFolder,
  kindNames,
  kinds,
  lookAtGolden,
  openGolden,
  rootOf,
  versions,
  writeGolden,
} from './golden.js'
import type { Look } from './look-at-store.js'

const SIZE_MAX = 128 * 1024
const making = process.env.CENOTAPH_MAKE_GOLDEN

/** What verify says of each: a piece was set aside in one, and is not lost. */
const problems = { settled: ['QUARANTINE'], 'open-operations': [] } as const

function fresh(from: string): string {
  const root = path.join(scratch(), 'root')
  copyGolden(from, root)
  return root
}

/** Where a store is built that is stopped in the middle of what it does: its files stay open, as a kill leaves them. */
function building(): string {
  const folder = temporaryFolder()
  onTestFinished(() => removeFolder(folder))
  return folder
}

if (making !== undefined) {
  describe('the golden stores are made', () => {
    it.each(kindNames)('%s', async (kind) => {
      mkdirSync(path.join(goldenFolder, making), { recursive: true })
      await writeGolden(making, kind, scratch())
      console.info(`made ${making}/${kind}: ${filesBelow(rootOf(making, kind)).length} files`)
    })
  })
}

const stores = versions.flatMap((version) => kindNames.map((kind) => [version, kind] as const))

describe.each(stores)('the golden store %s/%s', (version, kind) => {
  const golden = rootOf(version, kind)

  it('is small, and every kind of file is in it', () => {
    const files = filesBelow(golden)
    const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0)
    expect(bytes).toBeLessThan(SIZE_MAX)
    const inside = readdirSync(path.join(golden, '.cenotaph'))
    for (const name of ['anchor.json', 'key.pem', 'level', 'owner.json', 'tombstones'])
      expect(inside).toContain(name)
    expect(files.map((file) => path.basename(file))).not.toContain('LOCK')
    if (kind !== 'settled') return
    for (const name of ['quarantine', 'receipts']) expect(inside).toContain(name)
    expect(files.some((file) => file.endsWith('.jsonl.zst'))).toBe(true)
    expect(files.some((file) => file.includes('archived_sessions'))).toBe(true)
    for (const pattern of [/\.ldb$/, /\.log$/, /MANIFEST-\d+$/, /CURRENT$/])
      expect(
        files.some((file) => pattern.test(file)),
        String(pattern),
      ).toBe(true)
  })

  it('says what it said, and verifies', async () => {
    const store = await openGolden(fresh(golden))
    // A later version may tell more, and nothing else.
    expect(await lookAtGolden(store, kind)).toMatchObject(expectedOf(version, kind))
    const report = await store.verify({ residue: true })
    expect(report.problems.map(({ code }) => code)).toEqual(problems[kind])
    const receipts = await store.listReceipts()
    expect(receipts.length).toBeGreaterThan(0)
    for (const receipt of receipts)
      expect(verifyReceipt(receipt, store.publicKey)).toMatchObject({ ok: true, trust: 'pinned' })
    const head = await store.logHead()
    expect(verifyLogHead(head, { publicKey: store.publicKey })).toMatchObject({ ok: true })
    await store.close()
  })

  it('says the same once it was closed and opened again', async () => {
    const root = fresh(golden)
    const first = await openGolden(root)
    const said = await lookAtGolden(first, kind)
    await first.close()
    const second = await openGolden(root)
    expect(await lookAtGolden(second, kind)).toEqual(said)
    await second.close()
  })

  it('goes on as a store, and forgets what is deleted from it', async () => {
    const root = fresh(golden)
    const store = await openGolden(root)
    await store.appendItems(ids.active, [say('a line of today')])
    await store.renameThread(ids.active, 'a name of today')
    await store.unarchiveThreads([ids.archived])
    await store.forkThread(ids.active, { copy: true })
    await store.createThread({ cwd: '/today' })
    if (kind === 'settled') {
      await store.appendItems(ids.compressed, [say('plain again')])
      await store.unholdThread(ids.held)
      await store.restoreThreads([ids.scheduled])
      await store.deleteThread(ids.active, { forks: 'detach' })
    }
    expect((await store.verify()).problems.map(({ code }) => code)).toEqual(problems[kind])
    const { state, receipt } = await store.deleteThreads({ all: true }, { forks: 'cascade' })
    expect(state).toBe('deleted')
    expect(receipt && verifyReceipt(receipt, store.publicKey)).toMatchObject({ ok: true })
    expect((await store.verify({ residue: true })).problems).toEqual([])
    for (const text of ['in the journal', 'a line of today', 'said in', 'the last one'])
      expect(filesHolding(root, text), text).toEqual([])
    await store.close()
  })
})

/** A receipt counts bytes of files that are never the same twice. The event log commits to it, and a backup to both. */
function withoutSizes({ store, threads, receipts }: Look) {
  const events = (store.events as readonly { type: string; threadId: string | null }[]).map(
    ({ type, threadId }) => [type, threadId],
  )
  const backups = (store.backups as readonly { backupId: string }[]).map((one) => one.backupId)
  return { threads, store: { ...store, events, backups }, receipts: Object.keys(receipts) }
}

describe('what this checkout writes', () => {
  it.each(kindNames)('has the content of the newest golden store: %s', async (kind) => {
    const newest = versions.at(-1)!
    const root = fresh(await kinds[kind].build(building()))
    const store = await openGolden(root)
    const said = await lookAtGolden(store, kind)
    expect(withoutSizes(said)).toMatchObject(withoutSizes(expectedOf(newest, kind)))
    await store.close()
  })

  it('was compared with something', () => {
    expect(versions).toContain('v1')
    for (const [version, kind] of stores) {
      const text = readFileSync(path.join(goldenFolder, version, `${kind}.json`), 'utf8')
      expect(text.length).toBeGreaterThan(2_000)
    }
  })
})
