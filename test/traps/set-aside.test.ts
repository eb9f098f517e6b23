// What is set aside still holds text: a damaged LevelDB holds every thread's, a quarantined piece that of its owners or
// of nobody knows whom. The next delete removes what may hold text of its threads, and until then nothing says erased.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { repairStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import {
  canaryOf,
  filesHolding,
  levelFolder,
  open,
  refusal,
  rolloutOf,
  say,
  scratch,
  textsOf,
} from './store.fixture.js'

const a = testId(1)
const b = testId(2)

const quarantine = (root: string): string => path.join(root, '.cenotaph', 'quarantine')

async function filled(): Promise<string> {
  const root = path.join(scratch(), 'root')
  const store = await open(root)
  for (const id of [a, b]) {
    const word = id === a ? 'first' : 'second'
    await store.createThread({
      threadId: id,
      cwd: `/${canaryOf(`${word}folder`)}`,
      name: canaryOf(word),
    })
    await store.appendItems(id, [say(canaryOf(`${word}text`))])
  }
  await store.close()
  return root
}

describe('a damaged LevelDB is set aside by repair', () => {
  it('the next delete removes it whole, and its receipt comes after that', async () => {
    const root = await filled()
    const manifest = readdirSync(levelFolder(root)).find((name) => name.startsWith('MANIFEST-'))!
    const file = path.join(levelFolder(root), manifest)
    const bytes = readFileSync(file)
    bytes[9]! ^= 4
    writeFileSync(file, bytes)
    await refusal(open(root), 'LEVEL_DAMAGED')
    const report = await repairStore(root, { ballastBytes: 4096 })
    expect(report.setAside).toHaveLength(1)
    expect([...report.rebuilt].sort()).toEqual([a, b])
    const aside = path.join('.cenotaph', report.setAside[0]!)
    const heldBy = (text: string): string[] =>
      filesHolding(root, text).filter((name) => name.startsWith(aside))
    expect(heldBy(canaryOf('first'))).not.toEqual([])

    const store = await open(root)
    expect((await store.verify()).problems.map(({ code }) => code)).toContain('LEVEL_SET_ASIDE')
    // A delete of the other thread: the folder cannot be erased in part.
    expect((await store.deleteThread(b)).state).toBe('deleted')
    expect(
      readdirSync(path.join(root, '.cenotaph')).filter((name) => /damaged/.test(name)),
    ).toEqual([])
    for (const word of ['second', 'secondfolder', 'secondtext']) {
      expect(filesHolding(root, canaryOf(word))).toEqual([])
    }
    expect(await textsOf(store, a)).toEqual([canaryOf('firsttext')])
    expect((await store.verify()).problems).toEqual([])
  })
})

describe('a piece is in quarantine', () => {
  it('put there because a name was taken: it stays for other deletes, and goes with its owner', async () => {
    const root = await filled()
    const store = await open(root)
    const target = path.join(root, 'archived_sessions', path.basename(rolloutOf(root, a)))
    writeFileSync(target, canaryOf('inTheWay'))
    await store.archiveThreads([a])
    expect(await textsOf(store, a)).toEqual([canaryOf('firsttext')])
    expect(filesHolding(quarantine(root), canaryOf('inTheWay'))).toHaveLength(1)
    expect((await store.verify()).problems.map(({ code }) => code)).toEqual(['QUARANTINE'])
    await store.unarchiveThreads([a])

    expect((await store.deleteThread(b)).state).toBe('deleted')
    expect(filesHolding(quarantine(root), canaryOf('inTheWay'))).toHaveLength(1)
    expect((await store.deleteThread(a)).state).toBe('deleted')
    expect(readdirSync(quarantine(root))).toEqual([])
    expect(filesHolding(root, canaryOf('inTheWay'))).toEqual([])
  })

  it('without a report, or with one that cannot be read: it may be anybody’s, and goes with the next delete', async () => {
    const root = await filled()
    mkdirSync(quarantine(root), { recursive: true })
    writeFileSync(path.join(quarantine(root), 'one.bytes'), canaryOf('unknown'))
    writeFileSync(path.join(quarantine(root), 'two.bytes'), canaryOf('unknown'))
    writeFileSync(path.join(quarantine(root), 'two.json'), '{"owners":["')
    writeFileSync(path.join(quarantine(root), 'three.bytes'), canaryOf('unknown'))
    writeFileSync(path.join(quarantine(root), 'three.json'), 'null')
    writeFileSync(path.join(quarantine(root), 'four.json'), '{"owners":"nobody"}')
    const store = await open(root)
    expect((await store.deleteThread(b)).state).toBe('deleted')
    expect(readdirSync(quarantine(root))).toEqual([])
  })

  it('a tail that repair put there goes with its thread', async () => {
    const root = await filled()
    const file = rolloutOf(root, a)
    writeFileSync(file, `${readFileSync(file)}{"half":"${canaryOf('tail')}`)
    await repairStore(root, { ballastBytes: 4096 })
    expect(filesHolding(quarantine(root), canaryOf('tail'))).toHaveLength(1)
    const store = await open(root)
    expect((await store.deleteThread(a)).state).toBe('deleted')
    expect(filesHolding(root, canaryOf('tail'))).toEqual([])
  })
})
