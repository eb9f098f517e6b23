// Bytes behind the committed length are evidence: of another program, or of a journal that was lost. They are never
// cut, never overwritten, and whole lines among them are adopted by repair. Only what lies inside of a reserve that has
// no commit is ours to cut.

import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync } from 'node:fs'
import path from 'node:path'
import { repairStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import {
  crashCopy,
  filesHolding,
  foreignLine,
  levelFolder,
  open,
  ordinalsOf,
  refusal,
  rolloutOf,
  say,
  scratch,
  textsOf,
} from './store.fixture.js'

const a = testId(1)
const b = testId(2)

async function storeWithLines(options = {}) {
  const root = path.join(scratch(), 'root')
  const store = await open(root, options)
  await store.createThread({ threadId: a, cwd: '/w' })
  await store.appendItems(a, [say('one'), say('two')])
  return { root, store }
}

describe('another program appends to a rollout of ours', () => {
  it('its lines are neither cut nor overwritten, by an append, a reopen or a checkpoint', async () => {
    const { root, store } = await storeWithLines()
    const file = rolloutOf(root, a)
    appendFileSync(file, foreignLine(3, 'theirs'))
    const before = readFileSync(file)
    const error = await refusal(store.appendItems(a, [say('ours')]), 'ROLLOUT_CHANGED')
    expect(error.outcome).toBe('absent')
    await store.checkpoint()
    expect(readFileSync(file).equals(before)).toBe(true)
    expect(await textsOf(store, a)).toEqual(['one', 'two'])
    await store.close()
    const again = await open(root)
    expect(readFileSync(file).equals(before)).toBe(true)
    expect((await again.verify()).problems.map((p) => p.code)).toContain('ROLLOUT_CHANGED')
    await again.close()

    const report = await repairStore(root, { ballastBytes: 4096 })
    expect(report.adopted).toEqual([{ threadId: a, items: 1 }])
    const repaired = await open(root)
    await repaired.appendItems(a, [say('ours')])
    expect(await textsOf(repaired, a)).toEqual(['one', 'two', 'theirs', 'ours'])
    expect(await ordinalsOf(repaired, a)).toEqual([0, 1, 2, 3, 4])
  })

  it('half a line of it goes to quarantine, and the whole lines before it are adopted', async () => {
    const { root, store } = await storeWithLines()
    await store.close()
    const half = foreignLine(4, 'torn off').slice(0, 60)
    appendFileSync(rolloutOf(root, a), foreignLine(3, 'theirs') + half)
    const report = await repairStore(root, { ballastBytes: 4096 })
    expect(report.adopted).toEqual([{ threadId: a, items: 1 }])
    expect(report.lost.map((one) => [one.what, one.threadId])).toEqual([['uncommitted-tail', a]])
    const folder = path.join(root, '.cenotaph', 'quarantine')
    const pieces = readdirSync(folder).filter((name) => name.endsWith('.bytes'))
    expect(pieces.map((name) => readFileSync(path.join(folder, name)).toString())).toEqual([half])
    const repaired = await open(root)
    expect(await textsOf(repaired, a)).toEqual(['one', 'two', 'theirs'])
  })

  for (const [what, theirs] of [
    ['a line of the same length', (ours: Buffer) => Buffer.alloc(ours.length - 1, 0x78)],
    ['a line that is longer than ours', () => Buffer.from(foreignLine(3, 'x'.repeat(4000)))],
    ['a line that is shorter than ours', () => Buffer.from('{"type":"note","payload":{}}\n')],
    ['half a line', () => Buffer.from('{"timestamp":"2026-01-01T00:0')],
  ] as const) {
    it(`where a crash left our acknowledged line only in the journal: ${what}`, async () => {
      const { root, store } = await storeWithLines()
      await store.checkpoint()
      const committed = statSync(rolloutOf(root, a)).size
      await store.appendItems(a, [say('acknowledged'), say('and this')])
      const copy = crashCopy(root)
      const file = rolloutOf(copy, a)
      const ours = readFileSync(file).subarray(committed)
      truncateSync(file, committed)
      appendFileSync(file, theirs(ours))
      const before = readFileSync(file)

      const again = await open(copy)
      expect(readFileSync(file).equals(before)).toBe(true)
      await refusal(again.appendItems(a, [say('more')]), 'THREAD_UNAVAILABLE')
      await again.close()
      await (await open(copy)).close()
      expect(readFileSync(file).equals(before)).toBe(true)

      await repairStore(copy, { ballastBytes: 4096 })
      const repaired = await open(copy)
      const texts = await textsOf(repaired, a)
      // Theirs is a line of the thread or in quarantine; ours was acknowledged and is a line.
      expect(texts.slice(0, 2)).toEqual(['one', 'two'])
      expect(texts.slice(-2)).toEqual(['acknowledged', 'and this'])
      const ordinals = await ordinalsOf(repaired, a)
      expect(ordinals).toEqual(ordinals.map((_, index) => index))
      const folder = path.join(copy, '.cenotaph', 'quarantine')
      const kept = [
        readFileSync(file),
        ...readdirSync(folder).map((name) => readFileSync(path.join(folder, name))),
      ]
      expect(kept.some((bytes) => bytes.includes(theirs(ours)))).toBe(true)
      await repaired.appendItems(a, [say('more')])
      expect((await textsOf(repaired, a)).at(-1)).toBe('more')
    })
  }

  it('between two appends of a live store: the second is refused before anything is promised', async () => {
    const { root, store } = await storeWithLines()
    appendFileSync(rolloutOf(root, a), foreignLine(3, 'theirs'))
    await refusal(store.appendItems(a, [say('ours')]), 'ROLLOUT_CHANGED')
    const copy = crashCopy(root)
    const again = await open(copy)
    expect(await textsOf(again, a)).toEqual(['one', 'two'])
    expect(readFileSync(rolloutOf(copy, a)).includes('theirs')).toBe(true)
  })
})

describe('the end of LevelDB’s log is lost, and with it the newest journal records', () => {
  it('the lines that only the rollout still has are not cut; repair adopts them', async () => {
    const { root, store } = await storeWithLines()
    await store.checkpoint()
    for (const text of ['three', 'four', 'five']) await store.appendItems(a, [say(text)])
    const copy = crashCopy(root)
    const logs = readdirSync(levelFolder(copy)).filter((name) => name.endsWith('.log'))
    const log = path.join(levelFolder(copy), logs.sort().at(-1)!)
    truncateSync(log, statSync(log).size - 20)
    const file = rolloutOf(copy, a)
    const before = readFileSync(file)

    const again = await open(copy)
    expect(readFileSync(file).equals(before)).toBe(true)
    // The open itself has seen it: the thread has other lines in the journal.
    expect((await again.readThread(a))?.damaged).toBe(true)
    expect((await again.verify()).problems.map((p) => p.code)).toContain('ROLLOUT_CHANGED')
    const { detail } = await refusal(again.appendItems(a, [say('six')]), 'THREAD_UNAVAILABLE')
    expect(detail.reason).toBe('ROLLOUT_CHANGED')
    await again.close()
    await repairStore(copy, { ballastBytes: 4096 })
    const repaired = await open(copy)
    expect(await textsOf(repaired, a)).toEqual(['one', 'two', 'three', 'four', 'five'])
  })
})

describe('a reserve without a commit', () => {
  const large = [say('x'.repeat(2000)), say('y'.repeat(2000))]

  it('is cut where a crash left half of its bytes, and only inside of its place', async () => {
    let copy: string | undefined
    let committed = 0
    const root = path.join(scratch(), 'root')
    const store = await open(root, {
      referenceBytesMin: 1024,
      crashPoint: (name) => {
        if (name === 'append.write:after' && committed > 0) copy ??= crashCopy(root)
      },
    })
    await store.createThread({ threadId: a, cwd: '/w' })
    await store.appendItems(a, [say('one')])
    committed = statSync(rolloutOf(root, a)).size
    await store.appendItems(a, large)
    const file = rolloutOf(copy!, a)
    const whole = statSync(file).size
    expect(whole).toBeGreaterThan(committed + 4000)

    const torn = crashCopy(copy!)
    truncateSync(rolloutOf(torn, a), whole - 1500)
    const more = crashCopy(copy!)
    appendFileSync(rolloutOf(more, a), foreignLine(4, 'behind the reserve'))
    for (const half of [copy!, torn]) {
      const again = await open(half)
      expect(statSync(rolloutOf(half, a)).size).toBe(committed)
      await again.appendItems(a, [say('two')])
      expect(await textsOf(again, a)).toEqual(['one', 'two'])
    }
    // Somebody wrote behind the reserve: nothing of it is ours to cut.
    await open(more)
    expect(readFileSync(rolloutOf(more, a)).includes('behind the reserve')).toBe(true)
  })

  it('that another program’s line has refused is withdrawn: a later crash does not cut that line', async () => {
    const root = path.join(scratch(), 'root')
    let theirs = false
    const store = await open(root, {
      referenceBytesMin: 1024,
      crashPoint: (name) => {
        if (name !== 'append.reserve:after' || theirs) return
        theirs = true
        appendFileSync(rolloutOf(root, a), foreignLine(2, 'theirs'))
      },
    })
    await store.createThread({ threadId: a, cwd: '/w' })
    await store.appendItems(a, [say('one')])
    await refusal(store.appendItems(a, large), 'ROLLOUT_CHANGED')
    expect(theirs).toBe(true)
    const copy = crashCopy(root)
    const again = await open(copy)
    expect(readFileSync(rolloutOf(copy, a)).includes('theirs')).toBe(true)
    await again.close()
    await repairStore(copy, { ballastBytes: 4096 })
    expect(await textsOf(await open(copy), a)).toEqual(['one', 'theirs'])
  })

  it('of long ago does not cut what was committed at its place since', async () => {
    const root = path.join(scratch(), 'root')
    let copy: string | undefined
    const store = await open(root, {
      referenceBytesMin: 1024,
      crashPoint: (name) => {
        if (name === 'append.reserve:after') copy ??= crashCopy(root)
      },
    })
    await store.createThread({ threadId: a, cwd: '/w' })
    await store.createThread({ threadId: b, cwd: '/w' })
    await store.appendItems(a, [say('one')])
    await store.appendItems(a, large)
    const again = await open(copy!)
    await again.appendItems(a, [say('two'), say('three')])
    const later = crashCopy(copy!)
    const third = await open(later)
    expect(await textsOf(third, a)).toEqual(['one', 'two', 'three'])
  })
})

describe('a fork whose file is not as it was committed is to be detached', () => {
  it('with another program’s lines behind its end: the delete is refused before anything happens', async () => {
    const { root, store } = await storeWithLines()
    await store.forkThread(a, { newThreadId: b })
    await store.appendItems(b, [say('of the fork')])
    appendFileSync(rolloutOf(root, b), foreignLine(5, 'theirs'))
    const before = readFileSync(rolloutOf(root, b))
    const error = await refusal(store.deleteThread(a, { forks: 'detach' }), 'ROLLOUT_CHANGED')
    expect(error.detail.threadId).toBe(b)
    expect(readFileSync(rolloutOf(root, b)).equals(before)).toBe(true)
    expect(await textsOf(store, a)).toEqual(['one', 'two'])
    await store.close()
    await repairStore(root, { ballastBytes: 4096 })
    const repaired = await open(root)
    const result = await repaired.deleteThread(a, { forks: 'detach' })
    expect(result.state).toBe('deleted')
    expect(await textsOf(repaired, b)).toEqual(['one', 'two', 'of the fork', 'theirs'])
  })

  it('with lines that come right behind the commit: the delete waits, repair adopts them, and it ends', async () => {
    const root = path.join(scratch(), 'root')
    let written = false
    const store = await open(root, {
      crashPoint: (name) => {
        if (name !== 'delete.intend:after' || written) return
        written = true
        appendFileSync(rolloutOf(root, b), foreignLine(5, 'theirs'))
      },
    })
    await store.createThread({ threadId: a, cwd: '/w' })
    await store.appendItems(a, [say('one'), say('two')])
    await store.forkThread(a, { newThreadId: b })
    await store.appendItems(b, [say('of the fork')])
    const result = await store.deleteThread(a, { forks: 'detach' })
    expect(result.state).toBe('erasing')
    expect(result.pending[0]).toMatchObject({ step: 'delete.detach', reason: 'ROLLOUT_CHANGED' })
    expect(readFileSync(rolloutOf(root, b)).includes('theirs')).toBe(true)
    expect(await textsOf(store, b)).toEqual(['one', 'two', 'of the fork'])
    await store.close()
    await repairStore(root, { ballastBytes: 4096 })
    const repaired = await open(root)
    expect((await repaired.status(a)).state).toBe('deleted')
    expect(await textsOf(repaired, b)).toEqual(['one', 'two', 'of the fork', 'theirs'])
    expect(filesHolding(root, `"id":"${a}"`)).toEqual([])
  })

  it('with bytes lost: the shorter history does not become the true one', async () => {
    const { root, store } = await storeWithLines()
    await store.forkThread(a, { newThreadId: b })
    await store.appendItems(b, [say('first of the fork'), say('second of the fork')])
    const file = rolloutOf(root, b)
    truncateSync(file, statSync(file).size - 200)
    const size = statSync(file).size
    await refusal(store.deleteThread(a, { forks: 'detach' }), 'ROLLOUT_SHORT')
    expect(statSync(file).size).toBe(size)
    await refusal(textsOf(store, b), 'ROLLOUT_SHORT')
    // The way out: the fork that cannot be saved goes too.
    const both = await store.deleteThread(a, { forks: 'cascade' })
    expect(both.state).toBe('deleted')
    expect([...both.threadIds].sort()).toEqual([a, b])
  })
})
