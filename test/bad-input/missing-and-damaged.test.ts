// What is missing, damaged or older than it should be: opening says so with a typed error and changes nothing, and
// repair brings back what can be brought back, names the rest, and wakes none of the dead.

import {
  copyFile,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { openThreadStore, repairStore, type ThreadStore } from '@cenotaph/core'
import { FORMAT_VERSION, openLevel } from '@cenotaph/journal'
import { describe, expect, it } from 'vitest'
import {
  copyLevel,
  flipBit,
  inStore,
  levelFile,
  putLevelBack,
} from '../support-fixtures/damage.fixture.js'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import {
  exists,
  filesHolding,
  filesUnder,
  rolloutOf,
  snapshotOf,
} from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { quietOptions, scratch } from '../support-fixtures/scratch.fixture.js'
import {
  codeOf,
  errorOf,
  factsOf,
  textItem,
  textsOf,
} from '../support-fixtures/store-state.fixture.js'

const { folder, open } = scratch()
const [one, two, dead] = [1, 2, 3].map(threadIdOf) as [string, string, string]
const secret = 'words that only the deleted thread held'

interface Prepared {
  readonly root: string
  readonly receiptId: string
  /** Facts of the living threads. */
  readonly facts: Awaited<ReturnType<typeof factsOf>>
  /** A copy of the dead thread's rollout. */
  readonly deadCopy: string
}

/** A closed store: one active thread, one archived fork of it, one deleted thread. */
async function prepared(): Promise<Prepared> {
  const base = await folder()
  const root = path.join(base, 'store')
  const store = await open(root)
  await store.createThread({ threadId: one, name: 'one', cwd: '/one' })
  await store.appendItems(one, [textItem('a'), textItem('b')])
  await store.forkThread(one, { newThreadId: two, name: 'two' })
  await store.appendItems(two, [textItem('c')])
  await store.archiveThreads([two])
  await store.createThread({ threadId: dead, name: 'dead' })
  await store.appendItems(dead, [textItem(secret)])
  await store.checkpoint()
  const rollout = await rolloutOf(root, dead)
  const deadCopy = path.join(base, path.basename(rollout))
  await copyFile(rollout, deadCopy)
  const { receipt } = await store.deleteThread(dead)
  const facts = await factsOf(store)
  await store.close()
  return { root, receiptId: receipt!.receiptId, facts, deadCopy }
}

const codeOfOpen = (root: string) =>
  codeOf(async () => (await openThreadStore(root, quietOptions)).close())

/** Opening refuses with `code`, twice, and leaves every byte as it is. */
async function expectRefused(root: string, code: string) {
  // LevelDB writes its own files anew whenever it is opened to be asked.
  const skipLog = (name: string) => name.includes('/level/') || name.endsWith('owner.json')
  const before = await snapshotOf(root, skipLog)
  expect(await codeOfOpen(root)).toBe(code)
  const error = await errorOf(() => openThreadStore(root, quietOptions))
  expect(error.code).toBe(code)
  expect(await snapshotOf(root, skipLog)).toEqual(before)
  return error
}

async function expectDead(store: ThreadStore, { root, receiptId, deadCopy }: Prepared) {
  expect(await errorOf(() => store.readThread(dead))).toMatchObject({
    code: 'THREAD_DELETED',
    detail: { receiptId },
  })
  expect(await codeOf(() => store.createThread({ threadId: dead }))).toBe('THREAD_DELETED')
  const { imported, skipped } = await store.importRollouts([deadCopy])
  expect(imported).toEqual([])
  expect(skipped.map(({ reason }) => reason)).toEqual(['deleted'])
  expect(await filesHolding(root, secret)).toEqual([])
}

describe('what repair mends', () => {
  it('level/ missing: JOURNAL_GAP, nothing is rebuilt silently, repair brings the threads back', async () => {
    const before = await prepared()
    const { root, facts } = before
    await rm(inStore(root, 'level'), { recursive: true })
    const error = await expectRefused(root, 'JOURNAL_GAP')
    expect(error.detail).toMatchObject({ reason: 'level-missing' })
    const report = await repairStore(root, quietOptions)
    expect([...report.rebuilt].sort()).toEqual([one, two])
    expect(report.lost.map(({ what }) => what)).toContain('name')
    const store = await open(root)
    const names = { [one]: null, [two]: null } as const
    for (const id of [one, two] as const) {
      expect(await factsOf(store)).toMatchObject({ [id]: { ...facts[id], name: names[id] } })
    }
    expect((await store.verify()).problems).toEqual([])
    await expectDead(store, before)
    await store.appendItems(one, [textItem('d')])
    expect((await store.deleteThread(one, { forks: 'detach' })).state).toBe('deleted')
    expect(await codeOf(() => store.unarchiveThreads([two]))).toBe('resolved')
    expect(await textsOf(store, two)).toEqual(['a', 'b', 'c'])
  })

  it('level/ of an earlier day: JOURNAL_GAP, and repair keeps the names that it salvages', async () => {
    const before = await prepared()
    const { root, facts } = before
    const old = path.join(await folder(), 'level')
    await copyLevel(root, old)
    const store = await open(root)
    await store.appendItems(one, [textItem('later')])
    await store.close()
    await putLevelBack(root, old)
    await expectRefused(root, 'JOURNAL_GAP')
    const report = await repairStore(root, quietOptions)
    expect([...report.rebuilt].sort()).toEqual([one, two])
    const after = await open(root)
    const texts = [...facts[one]!.texts, 'later']
    expect(await factsOf(after)).toEqual({ ...facts, [one]: { ...facts[one], texts } })
    expect((await after.verify()).problems.map(({ code }) => code)).toEqual(['LEVEL_SET_ASIDE'])
    await expectDead(after, before)
    const { state } = await after.deleteThread(two)
    expect(state).toBe('deleted')
    expect((await after.verify()).problems).toEqual([])
  })

  it('anchor.json missing or flipped: JOURNAL_GAP, repair mends', async () => {
    for (const damage of [
      (file: string) => rm(file),
      (file: string) => flipBit(file, 30),
      (file: string) => writeFile(file, ''),
      (file: string) => truncate(file, 40),
    ]) {
      const before = await prepared()
      await damage(inStore(before.root, 'anchor.json'))
      await expectRefused(before.root, 'JOURNAL_GAP')
      await repairStore(before.root, quietOptions)
      const store = await open(before.root)
      expect(await factsOf(store)).toEqual(before.facts)
      await expectDead(store, before)
    }
  })

  it('key.pem missing or flipped: KEY_MISMATCH, repair begins with a new key', async () => {
    for (const damage of [
      (file: string) => rm(file),
      async (file: string) => {
        const text = await readFile(file, 'utf8')
        const at = text.indexOf('\n') + 30
        const other = text[at] === 'A' ? 'B' : 'A'
        await writeFile(file, text.slice(0, at) + other + text.slice(at + 1))
      },
    ]) {
      const before = await prepared()
      const { root, facts, receiptId } = before
      await damage(inStore(root, 'key.pem'))
      await expectRefused(root, 'KEY_MISMATCH')
      const report = await repairStore(root, quietOptions)
      expect(report.lost.map(({ what }) => what)).toContain('signing-key')
      const store = await open(root)
      expect(await factsOf(store)).toEqual(facts)
      expect((await store.readReceipt(receiptId))?.threadIds).toEqual([dead])
      await expectDead(store, before)
    }
  })

  it('tombstones missing, cut or flipped: TOMBSTONES_DAMAGED, the dead stay dead through repair', async () => {
    for (const damage of [
      (file: string) => rm(file),
      (file: string) => writeFile(file, ''),
      (file: string) => flipBit(file, 40),
      (file: string) => flipBit(file, 2),
    ]) {
      const before = await prepared()
      await damage(inStore(before.root, 'tombstones'))
      await expectRefused(before.root, 'TOMBSTONES_DAMAGED')
      await repairStore(before.root, quietOptions)
      const store = await open(before.root)
      expect(await factsOf(store)).toEqual(before.facts)
      await expectDead(store, before)
    }
  })

  it('a tombstone file that lost its last whole record does not wake the dead', async () => {
    const before = await prepared()
    const { root } = before
    const file = inStore(root, 'tombstones')
    // What the file was before any delete: its header alone.
    const fresh = await open(path.join(await folder(), 'fresh'))
    await fresh.close()
    await copyFile(inStore(fresh.root, 'tombstones'), file)
    const code = await codeOfOpen(root)
    expect(code).toBe('TOMBSTONES_DAMAGED')
    await repairStore(root, quietOptions)
    await expectDead(await open(root), before)
  })

  it('tombstones gone while a delete is still erasing: repair finishes it', async () => {
    const root = path.join(await folder(), 'store')
    const broken = failWhile((call, file) => call === 'unlink' && file.endsWith('.jsonl'))
    const store = await open(root, { disk: broken.disk })
    await store.createThread({ threadId: dead })
    await store.appendItems(dead, [textItem(secret)])
    expect((await store.deleteThread(dead)).state).toBe('erasing')
    await store.close()
    await rm(inStore(root, 'tombstones'))
    expect(await codeOfOpen(root)).toBe('TOMBSTONES_DAMAGED')
    await repairStore(root, quietOptions)
    const after = await open(root)
    expect(await factsOf(after)).toEqual({})
    expect(await codeOf(() => after.readThread(dead))).toBe('THREAD_DELETED')
    expect((await filesUnder(root)).filter((name) => name.endsWith('.jsonl'))).toEqual([])
  })

  it('a rollout of the dead that is copied back is unlinked by repair', async () => {
    const before = await prepared()
    const { root, deadCopy } = before
    await copyFile(deadCopy, path.join(root, 'archived_sessions', path.basename(deadCopy)))
    const store = await open(root)
    expect((await store.verify()).problems.map(({ code }) => code)).toEqual(['DEAD_FILE'])
    expect(await codeOf(() => store.readThread(dead))).toBe('THREAD_DELETED')
    await store.close()
    await repairStore(root, quietOptions)
    const after = await open(root)
    expect((await after.verify()).problems).toEqual([])
    await expectDead(after, before)
  })

  it('repair killed between setting level/ aside and building it anew keeps the names', async () => {
    const before = await prepared()
    const { root, facts } = before
    await rm(inStore(root, 'anchor.json'))
    const broken = failWhile((call, file) => call === 'rename' && file.endsWith('anchor.json'))
    expect(await codeOf(() => repairStore(root, { ...quietOptions, disk: broken.disk }))).toBe(
      'DISK_ERROR',
    )
    expect(await codeOfOpen(root)).toBe('JOURNAL_GAP')
    await repairStore(root, quietOptions)
    const store = await open(root)
    expect(await factsOf(store)).toEqual(facts)
    await expectDead(store, before)
  })
})

describe('a dry run of repair', () => {
  const damages: readonly [string, (root: string) => Promise<unknown>][] = [
    ['level/ missing', (root) => rm(inStore(root, 'level'), { recursive: true })],
    ['tombstones missing', (root) => rm(inStore(root, 'tombstones'))],
    ['tombstones flipped', (root) => flipBit(inStore(root, 'tombstones'), 40)],
    ['key missing', (root) => rm(inStore(root, 'key.pem'))],
    ['anchor missing', (root) => rm(inStore(root, 'anchor.json'))],
    ['CURRENT emptied', (root) => writeFile(inStore(root, 'level', 'CURRENT'), '')],
  ]
  it.each(damages)('%s: tells what it would do, and changes nothing', async (_name, damage) => {
    const { root } = await prepared()
    await damage(root)
    const code = await codeOfOpen(root)
    expect(code).not.toBe('resolved')
    // LevelDB writes its own log and manifest anew when it is opened to be read.
    const skip = (name: string) => name.includes('.cenotaph/level/') || name.endsWith('owner.json')
    const before = await snapshotOf(root, skip)
    const report = await repairStore(root, quietOptions, { dryRun: true })
    expect([...report.rebuilt].sort()).toEqual([one, two])
    expect(report.setAside).toEqual([])
    expect(await snapshotOf(root, skip)).toEqual(before)
    expect(await codeOfOpen(root)).toBe(code)
  })

  it('a tail that another program wrote is named and left', async () => {
    const { root } = await prepared()
    const rollout = await rolloutOf(root, one)
    await writeFile(rollout, `${await readFile(rollout, 'utf8')}${foreignLine(3)}`)
    const before = await snapshotOf(path.join(root, 'sessions'))
    const report = await repairStore(root, quietOptions, { dryRun: true })
    expect(report.adopted).toEqual([{ threadId: one, items: 1 }])
    expect(await snapshotOf(path.join(root, 'sessions'))).toEqual(before)
  })
})

const foreignLine = (ordinal: number): string =>
  `${JSON.stringify({
    timestamp: '2026-11-20T10:20:30.000Z',
    ordinal,
    ...textItem('foreign'),
  })}\n`

describe('rollouts that something else touched', () => {
  it('appended to: ROLLOUT_CHANGED, nothing overwritten, adopted by repair', async () => {
    const { root } = await prepared()
    const rollout = await rolloutOf(root, one)
    const grown = `${await readFile(rollout, 'utf8')}${foreignLine(3)}`
    await writeFile(rollout, grown)
    const store = await open(root)
    expect(await codeOf(() => store.appendItems(one, [textItem('ours')]))).toBe('ROLLOUT_CHANGED')
    expect(await codeOf(() => store.appendItems(one, [textItem('ours')]))).toBe(
      'THREAD_UNAVAILABLE',
    )
    expect(await readFile(rollout, 'utf8')).toBe(grown)
    expect(await textsOf(store, one)).toEqual(['a', 'b'])
    expect(await textsOf(store, two)).toEqual(['a', 'b', 'c'])
    expect((await store.verify()).problems.map(({ code }) => code)).toContain('ROLLOUT_CHANGED')
    await store.createThread()
    await store.close()
    const report = await repairStore(root, quietOptions)
    expect(report.adopted).toEqual([{ threadId: one, items: 1 }])
    const after = await open(root)
    expect(await textsOf(after, one)).toEqual(['a', 'b', 'foreign'])
    await after.appendItems(one, [textItem('ours')], { expectedOrdinal: 4 })
    expect(await textsOf(after, one)).toEqual(['a', 'b', 'foreign', 'ours'])
    expect(await textsOf(after, two)).toEqual(['a', 'b', 'c'])
    expect((await after.verify()).problems).toEqual([])
  })

  it('appended to with a fragment: the fragment goes to quarantine, and away with its thread', async () => {
    const { root } = await prepared()
    const rollout = await rolloutOf(root, one)
    const fragment = '{"timestamp":"2026-11-20T10:20:30.000Z","ordinal":4,"type":"resp'
    await writeFile(rollout, `${await readFile(rollout, 'utf8')}${foreignLine(3)}${fragment}`)
    const report = await repairStore(root, quietOptions)
    expect(report.lost).toEqual([
      {
        what: 'uncommitted-tail',
        threadId: one,
        detail: `${fragment.length} bytes are in quarantine`,
      },
    ])
    const pieces = inStore(root, 'quarantine')
    expect(await filesHolding(pieces, fragment)).toHaveLength(1)
    const store = await open(root)
    expect(await textsOf(store, one)).toEqual(['a', 'b', 'foreign'])
    expect((await store.verify()).problems.map(({ code }) => code)).toEqual(['QUARANTINE'])
    expect((await store.deleteThread(one, { forks: 'cascade' })).state).toBe('deleted')
    expect(await readdir(pieces)).toEqual([])
  })

  it('cut short: ROLLOUT_SHORT from reads, other threads work, the store opens', async () => {
    const { root } = await prepared()
    const rollout = await rolloutOf(root, one)
    const { size } = await stat(rollout)
    await truncate(rollout, size - 10)
    const store = await open(root)
    expect(await codeOf(() => textsOf(store, one))).toBe('ROLLOUT_SHORT')
    expect(await codeOf(() => store.appendItems(one, [textItem('no')]))).toBe('ROLLOUT_SHORT')
    expect((await store.readThread(one))?.name).toBe('one')
    expect((await store.listThreads()).threads.map(({ threadId }) => threadId)).toEqual([one])
    const other = await store.createThread()
    await store.appendItems(other, [textItem('works')])
    expect((await store.verify()).problems.map(({ code }) => code)).toContain('ROLLOUT_SHORT')
    expect((await stat(rollout)).size).toBe(size - 10)
    expect((await store.deleteThread(one, { forks: 'cascade' })).state).toBe('deleted')
    expect(await textsOf(store, other)).toEqual(['works'])
  })

  it('cut short with lines still in the journal: they are not written into a hole', async () => {
    const root = path.join(await folder(), 'store')
    const store = await open(root)
    await store.createThread({ threadId: one })
    await store.appendItems(one, [textItem('a')])
    await store.checkpoint()
    await store.appendItems(one, [textItem('b')])
    // As after a crash: the journal has the second line, the rollout lost the first.
    const level = path.join(await folder(), 'level')
    await copyLevel(root, level)
    const anchor = await readFile(inStore(root, 'anchor.json'))
    await store.close()
    await putLevelBack(root, level)
    await writeFile(inStore(root, 'anchor.json'), anchor)
    const rollout = await rolloutOf(root, one)
    await truncate(rollout, 100)
    const after = await open(root)
    expect(await codeOf(() => textsOf(after, one))).toBe('ROLLOUT_SHORT')
    expect((await stat(rollout)).size).toBe(100)
    expect((await readFile(rollout)).includes(0)).toBe(false)
    expect(await codeOf(() => after.appendItems(one, [textItem('no')]))).toBe('THREAD_UNAVAILABLE')
  })

  it('removed by hand: ROLLOUT_NOT_FOUND, never recreated, and the thread can be deleted', async () => {
    const { root } = await prepared()
    const rollout = await rolloutOf(root, one)
    await rm(rollout)
    const store = await open(root)
    expect(await codeOf(() => textsOf(store, one))).toBe('ROLLOUT_NOT_FOUND')
    expect(await codeOf(() => store.appendItems(one, [textItem('no')]))).toBe('ROLLOUT_NOT_FOUND')
    expect(await exists(rollout)).toBe(false)
    expect((await store.verify()).problems.map(({ code }) => code)).toContain('ROLLOUT_NOT_FOUND')
    const result = await store.deleteThread(one, { forks: 'cascade' })
    expect(result.state).toBe('deleted')
    expect((await store.verify()).problems).toEqual([])
  })

  it('moved away and back: the thread works again after a reopening', async () => {
    const { root } = await prepared()
    const rollout = await rolloutOf(root, one)
    const away = path.join(await folder(), 'away')
    await rename(rollout, away)
    const store = await open(root)
    expect(await codeOf(() => store.appendItems(one, [textItem('no')]))).toBe('ROLLOUT_NOT_FOUND')
    await rename(away, rollout)
    await store.reopen()
    await store.appendItems(one, [textItem('yes')])
    expect(await textsOf(store, one)).toEqual(['a', 'b', 'yes'])
  })
})

describe('a newer format', () => {
  it('of the anchor: STORE_FORMAT_NEWER, from repair too', async () => {
    const { root } = await prepared()
    const file = inStore(root, 'anchor.json')
    const anchor = await readFile(file, 'utf8')
    await writeFile(
      file,
      anchor.replace(/"formatVersion":\d+/, `"formatVersion":${FORMAT_VERSION + 1}`),
    )
    await expectRefused(root, 'STORE_FORMAT_NEWER')
    expect(await codeOf(() => repairStore(root, quietOptions))).toBe('STORE_FORMAT_NEWER')
  })

  it('of an intent that nobody here knows: STORE_FORMAT_NEWER, and it stays open', async () => {
    const { root } = await prepared()
    const { Journal } = await import('@cenotaph/journal')
    const { nodeClock, nodeDisk, nodeEntropy } = await import('@cenotaph/storage')
    const level = await openLevel(inStore(root, 'level'), { createIfMissing: false })
    const { journal } = await Journal.open({
      level,
      disk: nodeDisk,
      anchorPath: inStore(root, 'anchor.json'),
      clock: nodeClock,
      entropy: nodeEntropy,
      fresh: false,
    })
    await journal.intend('transmogrify', () => ({
      body: Buffer.from('{}'),
      operations: [],
      applied: () => {},
    }))
    await journal.close()
    expect(await codeOfOpen(root)).toBe('STORE_FORMAT_NEWER')
    expect(await codeOf(() => repairStore(root, quietOptions))).toBe('STORE_FORMAT_NEWER')
  })
})

describe('bits that flip in LevelDB', () => {
  it.each([
    ['CURRENT', /^CURRENT$/, 12],
    ['MANIFEST', /^MANIFEST-/, 24],
    ['.log', /\.log$/, 40],
  ])('%s: refused or harmless, never a lost acknowledged line', async (_name, pattern, samples) => {
    const root = path.join(await folder(), 'store')
    const store = await open(root)
    await store.createThread({ threadId: one, name: 'one' })
    await store.checkpoint()
    for (let n = 0; n < 8; n += 1) await store.appendItems(one, [textItem(`${n}`)])
    // A copy of the files of a store in use is what a crash leaves.
    const level = path.join(await folder(), 'level')
    await copyLevel(root, level)
    const anchor = await readFile(inStore(root, 'anchor.json'))
    await store.close()
    const rollout = await rolloutOf(root, one)
    const expected = {
      [one]: { name: 'one', archived: false, texts: [...Array(8).keys()].map(String) },
    }
    let refused = 0
    for (let sample = 0; sample < samples; sample += 1) {
      await putLevelBack(root, level)
      await writeFile(inStore(root, 'anchor.json'), anchor)
      const file = await levelFile(root, pattern)
      const { size } = await stat(file)
      await flipBit(file, Math.floor((sample * size) / samples), sample % 8)
      const before = await readFile(rollout)
      const code = await codeOf(async () => {
        const opened = await openThreadStore(root, quietOptions)
        const facts = await factsOf(opened)
        const problems = (await opened.verify()).problems.map((problem) => problem.code)
        await opened.close()
        // A bit of the very last record looks like a torn end; the rollout then has lines that no record vouches for.
        if (problems.includes('ROLLOUT_CHANGED')) return
        expect(facts, `sample ${sample}`).toEqual(expected)
        expect(problems, `sample ${sample}`).toEqual([])
      })
      const label = `${path.basename(file)} sample ${sample}: ${String(code)}`
      if (code !== 'resolved') {
        expect(['JOURNAL_GAP', 'LEVEL_DAMAGED'], label).toContain(code)
        refused += 1
      }
      expect(await readFile(rollout), label).toEqual(before)
    }
    expect(refused).toBeGreaterThan(samples / 4)
    await repairStore(root, quietOptions)
    const after = await open(root)
    expect((await factsOf(after))[one]?.texts).toEqual(expected[one]!.texts)
  })

  it('a newest log whose end is lost with an acknowledged line: refused, and repair adopts the line', async () => {
    const root = path.join(await folder(), 'store')
    const store = await open(root)
    await store.createThread({ threadId: one })
    await store.checkpoint()
    const level = path.join(await folder(), 'level')
    await copyLevel(root, level)
    const anchor = await readFile(inStore(root, 'anchor.json'))
    await store.appendItems(one, [textItem('acknowledged')])
    await store.close()
    // The journal of before the append, with the anchor of before it: nothing in it can tell that it is old.
    await putLevelBack(root, level)
    await writeFile(inStore(root, 'anchor.json'), anchor)
    const after = await open(root)
    const append = () => after.appendItems(one, [textItem('next')])
    expect(await codeOf(append)).toBe('ROLLOUT_CHANGED')
    expect((await after.verify()).problems.map(({ code }) => code)).toContain('ROLLOUT_CHANGED')
    await after.close()
    await repairStore(root, quietOptions)
    expect(await textsOf(await open(root), one)).toEqual(['acknowledged'])
  })
})

describe('what lies around at a delete', () => {
  it('a hard link elsewhere is named, a duplicate in another day folder is unlinked', async () => {
    const { root } = await prepared()
    const { link, mkdir } = await import('node:fs/promises')
    const rollout = await rolloutOf(root, one)
    const elsewhere = path.join(await folder(), 'link.jsonl')
    await link(rollout, elsewhere)
    const day = path.join(root, 'sessions', '2001', '02', '03')
    await mkdir(day, { recursive: true })
    await copyFile(rollout, path.join(day, path.basename(rollout)))
    const store = await open(root)
    const { receipt } = await store.deleteThread(one, { forks: 'cascade' })
    expect(receipt?.outOfReach.join('\n')).toContain('hard link')
    expect((await filesUnder(root)).filter((name) => name.includes(one))).toEqual([])
    expect(await exists(elsewhere)).toBe(true)
  })

  it('a link to a folder outside is not followed', async () => {
    const { root } = await prepared()
    const { symlink } = await import('node:fs/promises')
    const outside = await folder()
    const rollout = await rolloutOf(root, one)
    const copy = path.join(outside, path.basename(rollout))
    await copyFile(rollout, copy)
    await symlink(outside, path.join(root, 'sessions', 'linked'))
    const store = await open(root)
    expect((await store.deleteThread(one, { forks: 'cascade' })).state).toBe('deleted')
    expect(await exists(copy)).toBe(true)
  })

  it('a damaged level/ that repair set aside goes with the next delete', async () => {
    const { root } = await prepared()
    await flipBit(await levelFile(root, /^MANIFEST-/), 20)
    const report = await repairStore(root, quietOptions)
    expect(report.setAside).toHaveLength(1)
    const aside = inStore(root, report.setAside[0]!)
    expect((await readdir(aside)).length).toBeGreaterThan(2)
    const store = await open(root)
    expect((await store.deleteThread(two)).state).toBe('deleted')
    expect(await exists(aside)).toBe(false)
    expect((await store.verify()).problems).toEqual([])
  })
})
