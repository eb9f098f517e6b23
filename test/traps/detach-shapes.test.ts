// Detaching a fork from a base that dies: every shape in which one rollout can continue another. What the fork reads
// before and after must be the same but for its own first line, the base's first line must be gone, every byte offset
// that any other fork holds must be true, and whoever reads the file without us must find it whole.

import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ThreadStore } from '@cenotaph/core'
import { encodeSeekable, memorySource } from '@cenotaph/rollout'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import {
  type ForeignRollout,
  filesHolding,
  foreignText,
  mark,
  open,
  ordinalsOf,
  rolloutOf,
  rolloutsOf,
  say,
  scratch,
  textsOf,
  writeForeign,
} from './store.fixture.js'

const grandparent = testId(1)
const base = testId(2)
const fork = testId(3)
const forkOfFork = testId(4)
const third = testId(5)

interface Line {
  readonly ordinal?: number
  readonly type: string
  readonly payload: {
    id?: string
    history_base?: { thread_id: string; end_ordinal_exclusive: number; end_byte_offset: number }
  }
}

const linesOf = (file: string): Line[] =>
  readFileSync(file)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)

/** What a reader of the files alone would check: own identity, ordinals, and a base that ends where it says. */
function checkFile(root: string, threadId: string): void {
  const lines = linesOf(rolloutOf(root, threadId))
  const first = lines[0]!
  expect(first.type).toBe('session_meta')
  for (const line of lines) if (line.type === 'session_meta') expect(line.payload.id).toBe(threadId)
  lines.forEach((line, index) => {
    if (first.ordinal !== undefined) expect(line.ordinal).toBe(first.ordinal + index)
    if (index > 0) expect(line.payload.history_base).toBeUndefined()
  })
  const historyBase = first.payload.history_base
  if (!historyBase) {
    if (first.ordinal !== undefined) expect(first.ordinal).toBe(0)
    return
  }
  expect(first.ordinal).toBe(historyBase.end_ordinal_exclusive)
  const bytes = readFileSync(rolloutOf(root, historyBase.thread_id))
  const part = bytes.subarray(0, historyBase.end_byte_offset).toString()
  expect(part.endsWith('\n')).toBe(true)
  const last = JSON.parse(part.trimEnd().split('\n').at(-1)!) as Line
  expect(last.ordinal).toBe(historyBase.end_ordinal_exclusive - 1)
}

interface Shape {
  readonly title: string
  build(store: ThreadStore, root: string): Promise<void>
  /** Thread that dies; default `base`. */
  readonly dies?: string
  /** Threads that live on and must read as before. */
  readonly live: readonly string[]
}

const say3 = (name: string) => [say(`${name} 1`), say(`${name} 2`), say(`${name} 3`)]

async function create(store: ThreadStore, threadId: string, name: string): Promise<void> {
  await store.createThread({ threadId, cwd: `/home/${name}` })
  await store.appendItems(threadId, say3(name))
}

async function continueAs(
  store: ThreadStore,
  from: string,
  newThreadId: string,
  name: string,
  options = {},
): Promise<void> {
  await store.forkThread(from, { newThreadId, ...options })
  await store.appendItems(newThreadId, say3(name))
}

/** Imports rollouts that another program wrote. */
async function importForeign(store: ThreadStore, ...rollouts: ForeignRollout[]): Promise<void> {
  const folder = path.join(scratch(), 'source')
  for (const rollout of rollouts) writeForeign(folder, rollout)
  const report = await store.importRollouts([folder])
  expect(report.imported).toHaveLength(rollouts.length)
}

const baseOf = (threadId: string, ordinal: number, offset = 0) => ({
  history_base: { thread_id: threadId, end_ordinal_exclusive: ordinal, end_byte_offset: offset },
})

async function compress(store: ThreadStore, root: string, threadId: string): Promise<void> {
  // What a foreign compressor does, through a new import: the engine takes the compressed form as it is.
  const file = rolloutOf(root, threadId)
  const bytes = readFileSync(file)
  const pieces: Uint8Array[] = []
  await encodeSeekable(memorySource(bytes), async (piece) => void pieces.push(piece))
  rmSync(file)
  writeFileSync(`${file}.zst`, Buffer.concat(pieces))
  expect(await textsOf(store, threadId)).not.toEqual([])
}

const shapes: Shape[] = [
  {
    title: 'a fork of the whole base',
    async build(store) {
      await create(store, base, 'base')
      await continueAs(store, base, fork, 'fork')
    },
    live: [fork],
  },
  {
    title: 'a fork that inherits the base’s first line alone (ordinal 0)',
    async build(store) {
      await create(store, base, 'base')
      await continueAs(store, base, fork, 'fork', { throughOrdinal: 0 })
    },
    live: [fork],
  },
  {
    title: 'a fork cut behind the first message (ordinal 1)',
    async build(store) {
      await create(store, base, 'base')
      await continueAs(store, base, fork, 'fork', { throughOrdinal: 1 })
    },
    live: [fork],
  },
  {
    title: 'a fork that closes a turn which the cut left open',
    async build(store) {
      await create(store, base, 'base')
      await store.appendItems(base, [mark('task_started', 't1'), ...say3('turn')])
      await continueAs(store, base, fork, 'fork', { throughOrdinal: 5 })
    },
    live: [fork],
  },
  {
    title: 'a fork of a fork: its byte offset follows the rewritten file',
    async build(store) {
      await create(store, base, 'base')
      await continueAs(store, base, fork, 'fork')
      await continueAs(store, fork, forkOfFork, 'fork of fork')
      await continueAs(store, forkOfFork, third, 'third')
    },
    live: [fork, forkOfFork, third],
  },
  {
    title: 'a fork of a fork, cut inside of what the fork inherited',
    async build(store) {
      await create(store, base, 'base')
      await continueAs(store, base, fork, 'fork')
      await continueAs(store, fork, forkOfFork, 'fork of fork', { throughOrdinal: 2 })
    },
    live: [fork, forkOfFork],
  },
  {
    title: 'the middle of three dies: the oldest stays the base',
    async build(store) {
      await create(store, grandparent, 'grandparent')
      await continueAs(store, grandparent, base, 'base')
      await continueAs(store, base, fork, 'fork')
      await continueAs(store, fork, forkOfFork, 'fork of fork')
    },
    live: [grandparent, fork, forkOfFork],
  },
  {
    title: 'the oldest of three dies: only its direct fork changes',
    dies: grandparent,
    async build(store) {
      await create(store, grandparent, 'grandparent')
      await continueAs(store, grandparent, base, 'base')
      await continueAs(store, base, fork, 'fork')
    },
    live: [base, fork],
  },
  {
    title:
      'a foreign fork that is cut inside of what its base inherited: nothing of the dead is in it',
    async build(store, root) {
      await create(store, grandparent, 'grandparent')
      await continueAs(store, grandparent, base, 'base')
      expect(linesOf(rolloutOf(root, base))[0]?.ordinal).toBe(4)
      await importForeign(store, {
        threadId: fork,
        firstOrdinal: 2,
        meta: baseOf(base, 2),
        messages: ['fork 1', 'fork 2'],
      })
    },
    live: [grandparent, fork],
  },
  {
    title: 'two forks of one base at different places, and one of them forked again',
    async build(store) {
      await create(store, base, 'base')
      await continueAs(store, base, fork, 'fork', { throughOrdinal: 1 })
      await continueAs(store, base, forkOfFork, 'other fork')
      await continueAs(store, forkOfFork, third, 'third')
    },
    live: [fork, forkOfFork, third],
  },
  {
    title:
      'first lines without room: an offset that gets another digit moves lines, and their forks follow',
    async build(store) {
      await create(store, base, 'base')
      // The first line of the base is long, so the offsets below it grow from two digits to five.
      await store.appendItems(base, [say('x'.repeat(20_000))])
      await importForeign(
        store,
        { threadId: fork, firstOrdinal: 5, meta: baseOf(base, 5), messages: ['fork 1', 'fork 2'] },
        {
          threadId: forkOfFork,
          firstOrdinal: 7,
          meta: baseOf(fork, 7, 99),
          messages: ['second 1', 'second 2'],
        },
        { threadId: third, firstOrdinal: 9, meta: baseOf(forkOfFork, 9, 9), messages: ['third 1'] },
      )
    },
    live: [fork, forkOfFork, third],
  },
  {
    title: 'a compressed base',
    async build(store, root) {
      await create(store, base, 'base')
      await continueAs(store, base, fork, 'fork')
      await store.checkpoint()
      await compress(store, root, base)
    },
    live: [fork],
  },
  {
    title: 'a compressed fork',
    async build(store, root) {
      await create(store, base, 'base')
      await continueAs(store, base, fork, 'fork')
      await store.checkpoint()
      await compress(store, root, fork)
    },
    live: [fork],
  },
  {
    title: 'an archived fork and an archived base',
    async build(store) {
      await create(store, base, 'base')
      await continueAs(store, base, fork, 'fork')
      await store.archiveThreads([base])
      await store.archiveThreads([fork])
    },
    live: [fork],
  },
  {
    title: 'damage inside of the inherited part and of the fork',
    async build(store) {
      const text = foreignText({ threadId: base, messages: ['base 1', 'base 2', 'base 3'] })
      const lines = text.split('\n')
      const damaged = [...lines.slice(0, 2), '{"timestamp":"torn', ...lines.slice(2)].join('\n')
      const folder = path.join(scratch(), 'source')
      writeForeign(folder, { threadId: base, messages: [] }, damaged)
      await store.importRollouts([folder])
      await continueAs(store, base, fork, 'fork')
    },
    live: [fork],
  },
]

describe('a fork is detached from a base that dies', () => {
  for (const { title, build, dies = base, live } of shapes) {
    it(title, async () => {
      const root = path.join(scratch(), 'root')
      const store = await open(root)
      await build(store, root)
      const before = new Map<string, string[]>()
      const ordinals = new Map<string, number[]>()
      for (const id of live) {
        before.set(id, await textsOf(store, id))
        ordinals.set(id, await ordinalsOf(store, id))
      }

      const result = await store.deleteThread(dies, { forks: 'detach' })
      expect(result.state).toBe('deleted')
      expect(result.receipt?.survivingForks.every(({ kind }) => kind === 'copy')).toBe(true)

      for (const reopened of [false, true]) {
        if (reopened) await store.close()
        const now = reopened ? await open(root) : store
        for (const id of live) {
          expect(await textsOf(now, id)).toEqual(before.get(id))
          expect(await ordinalsOf(now, id)).toEqual(ordinals.get(id))
          checkFile(root, id)
        }
        const problems = (await now.verify()).problems.filter(
          ({ code }) => code !== 'ROLLOUT_DAMAGED',
        )
        expect(problems).toEqual([])
        if (reopened) {
          // The numbers go on where they were, and a fork of what was detached is a fork like any other.
          const last = live.at(-1)!
          if ((await now.status(last)).state === 'archived') await now.unarchiveThreads([last])
          const { firstOrdinal } = await now.appendItems(last, [say('goes on')])
          expect(firstOrdinal).toBe(ordinals.get(last)!.at(-1)! + 1)
          const again = await now.forkThread(last, { newThreadId: testId(99) })
          expect(again.kind).toBe('reference')
          expect(await textsOf(now, testId(99))).toEqual([...before.get(last)!, 'goes on'])
        }
      }
      expect(rolloutsOf(root, dies)).toEqual([])
      expect(filesHolding(root, `"id":"${dies}"`)).toEqual([])
    })
  }

  it('inherited lines are the same bytes as before', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    const odd =
      '{"type":"message","role":"user","content":[{"type":"input_text","text":"a"}],"n":12345678901234567890, "f":1.0}'
    const text =
      foreignText({ threadId: base, messages: ['base 1'] }) +
      `{"timestamp":"2025-03-04T05:06:09.000Z","ordinal":2, "type":"response_item","payload":${odd}}\n`
    const folder = path.join(scratch(), 'source')
    writeForeign(folder, { threadId: base, messages: [] }, text)
    await store.importRollouts([folder])
    await continueAs(store, base, fork, 'fork')
    const own = readFileSync(rolloutOf(root, fork)).toString().split('\n').slice(1)
    await store.deleteThread(base, { forks: 'detach' })
    const lines = readFileSync(rolloutOf(root, fork)).toString().split('\n')
    expect(lines.slice(1, 3)).toEqual(text.split('\n').slice(1, 3))
    expect(lines.slice(4)).toEqual(own)
  })

  it('a fork by copy and a legacy fork are independent already, and the receipt names both', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await importForeign(store, { threadId: base, legacy: true, messages: ['base 1', 'base 2'] })
    const legacy = await store.forkThread(base, { newThreadId: fork })
    expect(legacy.kind).toBe('copy')
    const bytes = readFileSync(rolloutOf(root, fork))
    const refused = await store.deleteThread(base)
    expect(refused.state).toBe('deleted')
    expect(refused.receipt?.survivingForks).toEqual([{ threadId: fork, kind: 'copy' }])
    expect(readFileSync(rolloutOf(root, fork)).equals(bytes)).toBe(true)
    expect(await textsOf(store, fork)).toEqual(['base 1', 'base 2'])
  })
})
