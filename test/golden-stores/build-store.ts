// Builds the golden store of the version that this checkout writes: one of everything that a store can hold, in a few
// tens of kilobytes. Time and chance are given, so two runs write the same, as far as LevelDB does.
//
// The result is what a kill leaves: the last appends are in the journal alone, and `owner.json` is still there.

import { appendFileSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import {
  openThreadStore,
  repairStore,
  type ThreadStore,
  type ThreadStoreOptions,
} from '@cenotaph/core'
import { type Disk, nodeDisk } from '@cenotaph/storage'
import { SimClock, seededEntropy } from '@cenotaph/testing'
import { writeCompressedSource } from '../support/rollout-source.js'
import { copyRoot } from '../support/temporary-folder.js'
import { testId } from '../support/thread-ids.js'
import { foreignText, mark, rolloutOf, say, writeForeign } from '../traps/store.fixture.js'

export const ids = {
  active: testId(1),
  archived: testId(2),
  renamed: testId(3),
  reference: testId(4),
  copy: testId(5),
  nested: testId(6),
  parent: testId(7),
  child: testId(8),
  reverted: testId(9),
  legacy: testId(10),
  compressed: testId(11),
  held: testId(12),
  scheduled: testId(13),
  redacted: testId(14),
  deleted: testId(15),
  deletedBase: testId(16),
  detached: testId(17),
  torn: testId(18),
} as const

/** Of the second rollout of the reverted thread. */
const revertedTo = testId(30)
/** Where the backup is, as the store knows it. */
const backups = '/srv/backups'
const startMs = Date.UTC(2026, 2, 1, 9)

export interface Ports {
  readonly clock: SimClock
  readonly options: ThreadStoreOptions
}

/** The same in every run. `afterMs`: time since the store was begun. */
export function portsOf(seed: number, afterMs = 0): Ports {
  const clock = new SimClock(startMs + afterMs)
  const options = {
    clock,
    entropy: seededEntropy(seed),
    ballastBytes: 4096,
    quietMs: 3_600_000,
    bufferedMs: 3_600_000,
    retryMs: 3_600_000,
    referenceBytesMin: 512,
    persistence: 'extended' as const,
    requestedBy: 'golden',
  }
  return { clock, options }
}

/** Makes the store below `folder`, and gives the root of the copy that is to be kept. */
export async function buildStore(folder: string): Promise<string> {
  const { clock, options } = portsOf(1)
  const root = path.join(folder, 'making')
  const disk = moved(nodeDisk, backups, path.join(folder, 'backups'))
  const ports = { ...options, disk }
  const first = await openThreadStore(root, ports)
  await settled(first, clock, folder)
  await first.close()
  await setAside(root, ports)
  const store = await openThreadStore(root, ports)
  await journaled(store, clock)
  const kept = path.join(folder, 'kept')
  keep(root, kept)
  await store.close()
  // What a power cut leaves: of the last line only the journal has all.
  const cut = rolloutOf(kept, ids.active)
  truncateSync(cut, statSync(cut).size - 100)
  return kept
}

/** As {@link buildStore}, with operations that are committed and not finished. */
export async function buildOpenOperations(folder: string): Promise<string> {
  const { options } = portsOf(2)
  const root = path.join(folder, 'making')
  let stopped: (() => void) | undefined
  const stop = (): Promise<void> => {
    stopped?.()
    return new Promise(() => {})
  }
  const points = new Set(['archive.move:before', 'delete.unlink:before', 'append.write:after'])
  let armed = false
  const crashPoint = (name: string) => (armed && points.has(name) ? stop() : undefined)
  const store = await openThreadStore(root, { ...options, crashPoint })
  for (const id of [ids.active, ids.archived, ids.deleted, ids.parent])
    await store.createThread({ threadId: id, cwd: '/project', name: `thread ${id.slice(-2)}` })
  await store.appendItems(ids.deleted, [say('of the one whose delete is open')])
  await store.forkThread(ids.deleted, { newThreadId: ids.detached })
  armed = true
  const begin = (run: () => Promise<unknown>): Promise<void> =>
    new Promise((resolve, reject) => {
      stopped = resolve
      run().then(() => reject(new Error('it never stopped')), reject)
    })
  await begin(() => store.archiveThreads([ids.archived]))
  await begin(() => store.deleteThread(ids.deleted, { forks: 'detach', reason: 'asked for' }))
  await begin(() => store.appendItems(ids.parent, [say('x'.repeat(600))]))
  const kept = path.join(folder, 'kept')
  keep(root, kept)
  return kept
}

async function settled(store: ThreadStore, clock: SimClock, folder: string): Promise<void> {
  const tick = (): void => clock.advance(60_000)
  await store.retention.set({ archiveAfter: '10000d', exclude: { names: ['first of all'] } })
  await store.registerParticipant({ name: 'index', erase: async () => {}, verify: async () => [] })
  await store.forgetParticipant('index', 'retired')
  for (const [name, id] of Object.entries(ids).slice(0, 3)) {
    tick()
    await store.createThread({ threadId: id, cwd: '/project', name: `the ${name} one` })
    await store.appendItems(id, [mark('task_started', `turn-${name}`), say(`said in ${name}`)])
    await store.appendItems(id, [mark('task_complete', `turn-${name}`)])
  }
  await store.renameThread(ids.renamed, 'first of all')
  await store.forkThread(ids.active, { newThreadId: ids.reference, throughOrdinal: 2 })
  await store.appendItems(ids.reference, [say('of the fork by reference')])
  await store.forkThread(ids.active, { newThreadId: ids.copy, copy: true, name: 'a copy' })
  await store.forkThread(ids.reference, { newThreadId: ids.nested })
  tick()
  await store.createThread({ threadId: ids.parent, cwd: '/other', modelProvider: 'someone' })
  await store.createThread({ threadId: ids.child, parentThreadId: ids.parent })
  await store.appendItems(ids.child, [say('of the child')], { idempotencyKey: 'child-1' })
  await importAll(store, folder)
  tick()
  for (const id of [
    ids.held,
    ids.scheduled,
    ids.redacted,
    ids.deleted,
    ids.deletedBase,
    ids.torn,
  ]) {
    await store.createThread({ threadId: id, cwd: '/project' })
    await store.appendItems(id, [say(`one in ${id.slice(-2)}`), say(`two in ${id.slice(-2)}`)])
  }
  await store.archiveThreads([ids.archived])
  await store.holdThread(ids.held, 'evidence')
  await store.pinThread(ids.active)
  const attached = store.attachments(ids.active)
  await attached.put('goal', 'main', { done: false, steps: [1, 2, 3] })
  await attached.put(
    'picture',
    'one',
    Uint8Array.from({ length: 64 }, (_, n) => n * 3),
  )
  await store.appendItems(ids.active, [say('with an attachment')], {
    attachments: [{ kind: 'goal', key: 'second', value: 'and a text' }],
  })
  await store.redactItems(ids.redacted, [1], 'asked for')
  await store.forkThread(ids.deletedBase, { newThreadId: ids.detached })
  await store.appendItems(ids.detached, [say('of the fork that is detached')])
  tick()
  await store.backup(path.join(backups, 'one'))
  await store.deleteThread(ids.deleted, { reason: 'asked for' })
  await store.deleteThread(ids.deletedBase, { forks: 'detach' })
  await store.deleteThread(ids.scheduled, { in: '365d', reason: 'in a year' })
  tick()
}

/** Threads of other programs: reverted, without ordinals, compressed. */
async function importAll(store: ThreadStore, folder: string): Promise<void> {
  const sources = path.join(folder, 'sources')
  const before = {
    threadId: ids.reverted,
    cwd: '/elsewhere',
    messages: ['kept', 'reverted away'],
  }
  const prefix = foreignText(before).split('\n').slice(0, 2).join('\n').length + 1
  const base = {
    thread_id: ids.reverted,
    end_ordinal_exclusive: 2,
    end_byte_offset: prefix,
  }
  writeForeign(sources, before)
  writeForeign(sources, {
    ...before,
    rolloutId: revertedTo,
    firstOrdinal: 2,
    meta: { history_base: base },
    messages: ['after the revert'],
  })
  writeForeign(sources, { threadId: ids.legacy, legacy: true, messages: ['an old one', 'again'] })
  const compressed = {
    threadId: ids.compressed,
    cwd: '/elsewhere',
    messages: ['one', 'two', 'three'],
  }
  await writeCompressedSource(sources, compressed)
  await store.importRollouts([sources])
}

/** Half a line that nobody wrote in full: a repair sets it aside. */
async function setAside(root: string, options: ThreadStoreOptions): Promise<void> {
  appendFileSync(rolloutOf(root, ids.torn), '{"timestamp":"2026-03-01T09:30:00.000Z","ordi')
  await repairStore(root, options)
}

/** What only the journal vouches for: small, by reference, with an idempotency key. */
async function journaled(store: ThreadStore, clock: SimClock): Promise<void> {
  clock.advance(60_000)
  await store.appendItems(ids.active, [say('in the journal')], { idempotencyKey: 'last-1' })
  await store.appendItems(ids.nested, [say(`by reference ${'x'.repeat(600)}`)])
  await store.appendItems(ids.active, [say('and the last one')])
}

/** What a kill leaves, without what tells of the machine: LevelDB's own LOG, and who had the store open. */
function keep(root: string, kept: string): void {
  mkdirSync(kept, { recursive: true })
  copyRoot(root, kept)
  const inside = path.join(kept, '.cenotaph')
  for (const name of ['LOG', 'LOG.old']) rmSync(path.join(inside, 'level', name), { force: true })
  rmSync(path.join(inside, 'ballast'), { force: true })
  const owner = { pid: 1, host: 'golden', since: new Date(startMs).toISOString() }
  writeFileSync(path.join(inside, 'owner.json'), `${JSON.stringify(owner)}\n`)
}

/** The same disk, on which a folder is somewhere else. */
function moved(disk: Disk, from: string, to: string): Disk {
  const place = (argument: unknown): unknown =>
    typeof argument === 'string' && argument.startsWith(from)
      ? `${to}${argument.slice(from.length)}`
      : argument
  return new Proxy(disk, {
    get(target, name) {
      const call: unknown = Reflect.get(target, name, target)
      if (typeof call !== 'function') return call
      return (...args: readonly unknown[]) => Reflect.apply(call, target, args.map(place))
    },
  })
}
