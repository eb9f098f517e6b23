// LevelDB keeps the bytes of keys in its MANIFEST and LOG, and the erasure recipe writes its bounds there itself. So
// keys hold ids, times and random handles, whatever a host or a foreign file puts where an id is expected.

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { repairStore, type ThreadStore } from '@cenotaph/core'
import { ClassicLevel } from 'classic-level'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { testId } from '../support/thread-ids.js'
import {
  canaryOf,
  crashCopy,
  filesHolding,
  levelFolder,
  mark,
  open,
  say,
  scratch,
  textsOf,
  withLevel,
  writeForeign,
} from './store.fixture.js'

const a = testId(1)
const b = testId(2)
const c = testId(3)
const foreign = testId(4)

const words = [
  'name',
  'renamed',
  'folder',
  'message',
  'key',
  'provider',
  'source',
  'meta',
  'turn',
  'type',
  'agent',
  'base',
  'sourcecwd',
  'path',
]

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const ulid = '[0-7][0-9A-HJKMNP-TV-Z]{25}'
/** Every form that a key may have. */
const keyForms = [
  /^meta$/,
  /^j\/\d{16}$/,
  new RegExp(`^i/${ulid}$`),
  new RegExp(`^[dr]/${ulid}$`),
  /^e\/\d{16}$/,
  /^m\/\d{2}\/\d{16}$/,
  /^h\/[0-9a-f]{16}$/,
  new RegExp(`^t/${uuid}/(row|keys|carried|e/\\d{16})$`),
  new RegExp(`^x/s/[01]/[cu]/\\d{15,16}/${uuid}$`),
  new RegExp(`^x/d/[0-9a-f]{16}/[01]/[cu]/\\d{15,16}/${uuid}$`),
  new RegExp(`^x/[pfr]/${uuid}/${uuid}$`),
  new RegExp(`^x/c/${uuid}$`),
]

async function checkKeys(root: string): Promise<number> {
  const copy = crashCopy(root)
  return withLevel(copy, async (level) => {
    const keys = await level.keys().all()
    expect(keys.filter((key) => !keyForms.some((form) => form.test(key)))).toEqual([])
    return keys.length
  })
}

/** Key bytes live on in these two. Values never get there. */
function checkLogs(root: string): void {
  for (const name of readdirSync(levelFolder(root))) {
    if (!/^(LOG|LOG\.old|MANIFEST-\d+)$/.test(name)) continue
    const bytes = readFileSync(path.join(levelFolder(root), name))
    for (const word of words) expect(bytes.includes(canaryOf(word))).toBe(false)
    // Half of a canary would be as bad; none of its pieces is in there either.
    expect(bytes.includes('-canary-')).toBe(false)
  }
}

type Operation = (store: ThreadStore, root: string) => Promise<unknown>

const hostile = (word: string): string => `${canaryOf(word)}/x/s/0/c/\u0000\n'"☠`
const hostileName = (word: string): string => `${canaryOf(word)}/../t/${a}/row ☠'"`

const operations: Record<string, Operation> = {
  create: (store) =>
    store.createThread({
      threadId: a,
      cwd: `/${hostile('folder')}`,
      name: hostileName('name'),
      modelProvider: hostile('provider'),
      source: { [hostile('source')]: hostile('source') },
      meta: { agent_nickname: hostile('agent'), [hostile('meta')]: 1 },
    }),
  append: (store) =>
    store.appendItems(a, [
      mark('task_started', hostile('turn')),
      say(hostile('message')),
      { type: hostile('type'), payload: { type: hostile('type') } },
    ]),
  'append with a key': (store) =>
    store.appendItems(a, [say('once')], { idempotencyKey: hostile('key') }),
  'buffered append': async (store) => {
    await store.appendItems(a, [say(hostile('message'))], { durability: 'buffered' })
    await store.flush(a)
  },
  checkpoint: (store) => store.checkpoint(),
  rename: (store) => store.renameThread(a, hostileName('renamed')),
  spawn: (store) =>
    store.createThread({ threadId: b, parentThreadId: a, name: hostileName('name') }),
  archive: (store) => store.archiveThreads([a]),
  unarchive: (store) => store.unarchiveThreads([a]),
  fork: (store) => store.forkThread(a, { newThreadId: c, name: hostileName('name') }),
  import: async (store) => {
    const folder = path.join(scratch(), canaryOf('path'))
    writeForeign(folder, {
      threadId: foreign,
      cwd: `/${hostile('sourcecwd')}`,
      firstOrdinal: 5,
      meta: {
        history_base: {
          thread_id: hostile('base'),
          end_ordinal_exclusive: 5,
          end_byte_offset: 9,
        },
        parent_thread_id: hostile('base'),
        forked_from_id: hostile('base'),
        session_id: hostile('base'),
        model_provider: hostile('provider'),
      },
      messages: [hostile('message')],
    })
    const report = await store.importRollouts([folder])
    expect(report.imported).toHaveLength(1)
  },
  'refused reason and refused name': async (store) => {
    await store.deleteThread(a, { reason: canaryOf('renamed') }).catch(() => {})
    await store.renameThread(a, `${hostile('name')}\r\n`).catch(() => {})
    await store.resolveThread(canaryOf('name')).catch(() => {})
  },
  list: async (store) => {
    await store.listThreads({ cwd: `/${hostile('folder')}` })
    await store.listThreads({ includeSubagents: true, sort: 'updated' })
  },
  detach: (store) => store.deleteThread(a, { forks: 'detach', reason: 'over' }),
  'delete of the rest': (store) => store.deleteThreads([c, foreign]),
}

describe('hosts and foreign files put text wherever the engine takes any', () => {
  it('no key, no MANIFEST and no LOG ever holds it, after any operation, reopen, crash or repair', async () => {
    const root = path.join(scratch(), 'root')
    let store = await open(root)
    let ran = 0
    let most = 0
    for (const [name, run] of Object.entries(operations)) {
      await run(store, root)
      most = Math.max(most, await checkKeys(root))
      checkLogs(root)
      await store.close()
      checkLogs(root)
      if (name === 'import') {
        // A database that is salvaged and rebuilt holds no more in its keys than the old one.
        const copy = crashCopy(root)
        await repairStore(copy, { ballastBytes: 4096 })
        await checkKeys(copy)
      }
      store = await open(root)
      checkLogs(root)
      ran += 1
    }
    expect(ran).toBe(15)
    expect(most).toBeGreaterThan(40)
    await store.close()
    for (const word of words) expect(filesHolding(root, canaryOf(word))).toEqual([])
  })

  it('a foreign fork whose base is no id is a thread without a base, and is read', async () => {
    const root = path.join(scratch(), 'root')
    const folder = path.join(scratch(), 'source')
    writeForeign(folder, {
      threadId: foreign,
      firstOrdinal: 5,
      meta: {
        history_base: { thread_id: '../../x', end_ordinal_exclusive: 5, end_byte_offset: 0 },
      },
      messages: ['five'],
    })
    const store = await open(root)
    await store.importRollouts([folder])
    expect(await textsOf(store, foreign)).toEqual(['five'])
    expect((await store.deleteThread(foreign)).state).toBe('deleted')
  })

  it('a base that is spelled in capitals is the same base', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    const upper = '01900000-0000-7000-8000-0000000000AB'
    await store.createThread({ threadId: upper, cwd: '/w' })
    await store.appendItems(upper, [say('of the base')])
    const folder = path.join(scratch(), 'source')
    writeForeign(folder, {
      threadId: foreign,
      firstOrdinal: 2,
      meta: { history_base: { thread_id: upper, end_ordinal_exclusive: 2, end_byte_offset: 0 } },
      messages: ['of the fork'],
    })
    await store.importRollouts([folder])
    expect(await textsOf(store, foreign)).toEqual(['of the base', 'of the fork'])
    const result = await store.deleteThread(upper, { forks: 'detach' })
    expect(result.state).toBe('deleted')
    expect(await textsOf(store, foreign)).toEqual(['of the base', 'of the fork'])
  })

  it('a path whose last thread dies is gone, also when the erasure stops half-way and the process ends', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await store.createThread({ threadId: a, cwd: `/${canaryOf('folder')}` })
    await store.createThread({ threadId: b, cwd: '/w' })
    const compact = vi
      .spyOn(ClassicLevel.prototype, 'compactRange')
      .mockRejectedValue(new Error('injected'))
    onTestFinished(() => compact.mockRestore())
    const result = await store.deleteThread(a)
    expect(result.state).toBe('erasing')
    await store.close().catch(() => {})
    compact.mockRestore()
    const again = await open(root)
    expect((await again.status(a)).state).toBe('deleted')
    await again.close()
    expect(filesHolding(root, canaryOf('folder'))).toEqual([])
  })
})
