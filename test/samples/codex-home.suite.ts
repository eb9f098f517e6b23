// What must hold for any Codex home: it is imported whole and unchanged, its lineages read as they were written, its
// forked threads can be deleted in all three ways, and what is exported is a home that Codex can open.

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { ThreadStore } from '@cenotaph/core'
import { expect, it } from 'vitest'
import { filesHolding, filesUnder } from '../support-fixtures/files.fixture.js'
import type { Scratch } from '../support-fixtures/scratch.fixture.js'
import { linesOf, livingIds } from '../support-fixtures/store-state.fixture.js'

interface Record_ {
  readonly timestamp?: string
  readonly ordinal?: number
  readonly type: string
  readonly payload: Readonly<Record<string, unknown>>
}

interface SourceRollout {
  readonly file: string
  readonly threadId: string
  readonly rolloutId: string
  readonly archived: boolean
  readonly bytes: Buffer
  readonly lines: readonly string[]
  readonly records: readonly Record_[]
  readonly base: { readonly thread_id: string; readonly end_ordinal_exclusive: number } | undefined
}

async function rolloutsOf(home: string): Promise<SourceRollout[]> {
  const rollouts: SourceRollout[] = []
  for (const file of await filesUnder(home)) {
    const name = /-([0-9a-f-]{36})(?:_([0-9a-f-]{36}))?\.jsonl$/.exec(file)
    if (!name) continue
    const bytes = await readFile(path.join(home, file))
    const lines = bytes.toString().split('\n').slice(0, -1)
    const records = lines.map((line) => JSON.parse(line) as Record_)
    rollouts.push({
      file,
      threadId: name[1]!,
      rolloutId: name[2] ?? name[1]!,
      archived: file.startsWith('archived_sessions'),
      bytes,
      lines,
      records,
      base: records[0]!.payload.history_base as SourceRollout['base'],
    })
  }
  return rollouts
}

/** The whole history of a rollout, spelt out from the files alone. */
function historyOf(rollout: SourceRollout, all: readonly SourceRollout[]): string[] {
  const { base } = rollout
  if (!base) return [...rollout.lines]
  const from = all.find(({ rolloutId }) => rolloutId === base.thread_id)!
  const inherited = historyOf(from, all).filter(
    (line) => (JSON.parse(line) as Record_).ordinal! < base.end_ordinal_exclusive,
  )
  return [...inherited, ...rollout.lines]
}

const newestOf = (threadId: string, all: readonly SourceRollout[]): SourceRollout =>
  all.filter((rollout) => rollout.threadId === threadId).at(-1)!

const itemsOf = (lines: readonly string[]): string[] =>
  lines.filter((line) => (JSON.parse(line) as Record_).type !== 'session_meta')

export function codexHomeSuite(options: {
  readonly scratch: Scratch
  readonly home: () => Promise<string>
  readonly run: boolean
  readonly floor: { readonly rollouts: number; readonly references: number }
}): void {
  const { scratch, home, run, floor } = options
  const test = it.runIf(run)

  async function imported(): Promise<{ store: ThreadStore; all: SourceRollout[] }> {
    const folder = await home()
    const store = await scratch.store()
    const report = await store.importRollouts([folder])
    expect(report.skipped).toEqual([])
    expect(report.damaged).toEqual([])
    return { store, all: await rolloutsOf(folder) }
  }

  test('is imported whole: every rollout byte for byte, at its place, and verify is clean', async () => {
    const { store, all } = await imported()
    expect(all.length).toBeGreaterThanOrEqual(floor.rollouts)
    for (const { file, bytes } of all) {
      const copies = (await filesUnder(store.root)).filter(
        (name) => path.basename(name) === path.basename(file),
      )
      expect(copies, file).toHaveLength(1)
      expect((await readFile(path.join(store.root, copies[0]!))).equals(bytes), file).toBe(true)
    }
    const ids = new Set(all.map(({ threadId }) => threadId))
    expect((await livingIds(store)).sort()).toEqual([...ids].sort())
    for (const { threadId, archived } of all) {
      const view = await store.readThread(threadId)
      expect(view?.state).toBe(archived ? 'archived' : 'active')
    }
    expect((await store.verify()).problems).toEqual([])
  })

  test('reads every thread as one history, reverted and forked ones included', async () => {
    const { store, all } = await imported()
    let references = 0
    for (const rollout of all) {
      if (newestOf(rollout.threadId, all) !== rollout) continue
      const expected = historyOf(rollout, all)
      expect(await linesOf(store, rollout.threadId), rollout.file).toEqual(expected)
      const backward: string[] = []
      for await (const { line } of store.listItems(rollout.threadId, { reverse: true })) {
        backward.push(Buffer.from(line).toString())
      }
      expect(backward.reverse(), rollout.file).toEqual(expected)
      if (rollout.base) references += 1
    }
    expect(references).toBeGreaterThanOrEqual(floor.references)
  })

  test('exports the bytes of what stands alone, and forks with their inherited lines', async () => {
    const { store, all } = await imported()
    const to = await scratch.folder()
    const exported = await store.exportThreads([...new Set(all.map((one) => one.threadId))], { to })
    for (const { threadId, path: file } of exported) {
      const newest = newestOf(threadId, all)
      const text = await readFile(file, 'utf8')
      if (!newest.base) {
        expect(text, file).toBe(newest.bytes.toString())
        continue
      }
      const lines = text.split('\n').slice(0, -1)
      expect(itemsOf(lines), file).toEqual(itemsOf(historyOf(newest, all)))
      const records = lines.map((line) => JSON.parse(line) as Record_)
      expect(records.map(({ ordinal }) => ordinal)).toEqual(records.map((_, n) => n))
      for (const { type, payload } of records) {
        if (type !== 'session_meta') continue
        expect(payload.id).toBe(threadId)
        expect(payload.history_base).toBeUndefined()
      }
    }
  })

  test('an import of it again, of our own root, and of an export adds nothing', async () => {
    const { store, all } = await imported()
    const ids = [...new Set(all.map(({ threadId }) => threadId))]
    const before = await Promise.all(ids.map((id) => linesOf(store, id)))
    const to = await scratch.folder()
    await store.exportThreads(ids, { to })
    for (const source of [await home(), path.join(store.root, 'sessions'), to]) {
      const { imported: added } = await store.importRollouts([source])
      expect(added, source).toEqual([])
    }
    expect(await Promise.all(ids.map((id) => linesOf(store, id)))).toEqual(before)
    const other = await scratch.store()
    const { imported: again, skipped } = await other.importRollouts([to])
    expect(skipped).toEqual([])
    expect(again).toHaveLength(ids.length)
    for (const id of ids) {
      expect(itemsOf(await linesOf(other, id)), id).toEqual(itemsOf(await linesOf(store, id)))
    }
    expect((await other.verify()).problems).toEqual([])
  })

  test('forks and forks of forks of every thread read as their base does', async () => {
    const { store, all } = await imported()
    for (const { threadId, archived } of all) {
      if (archived) continue
      const base = itemsOf(await linesOf(store, threadId))
      const fork = await store.forkThread(threadId)
      const second = await store.forkThread(fork.threadId)
      for (const id of [fork.threadId, second.threadId]) {
        expect(itemsOf(await linesOf(store, id)).slice(0, base.length), threadId).toEqual(base)
      }
    }
    expect((await store.verify()).problems).toEqual([])
  })

  test.each(['refuse', 'detach', 'cascade'] as const)(
    'deletes a forked thread: %s',
    async (forks) => {
      const { store, all } = await imported()
      const referenced = all.find(({ base, threadId }) => base && base.thread_id !== threadId)!
        .base!
      const base = all.find(({ rolloutId }) => rolloutId === referenced.thread_id)!
      const direct = all.filter((one) => one.base?.thread_id === base.rolloutId)
      const histories = new Map(
        await Promise.all(
          all.map(
            async (one) => [one.threadId, itemsOf(await linesOf(store, one.threadId))] as const,
          ),
        ),
      )
      const ids = direct.map(({ threadId }) => threadId)
      if (forks === 'refuse') {
        const refusal = await store.deleteThread(base.threadId).catch((error: unknown) => error)
        expect(refusal).toMatchObject({ code: 'THREAD_HAS_FORKS', detail: { forks: ids } })
        expect(itemsOf(await linesOf(store, base.threadId))).toEqual(histories.get(base.threadId))
        return
      }
      const { state, receipt } = await store.deleteThread(base.threadId, { forks })
      expect(state).toBe('deleted')
      const left = await livingIds(store)
      for (const id of receipt!.threadIds) expect(left).not.toContain(id)
      if (forks === 'detach') {
        expect(receipt!.threadIds).toEqual([base.threadId])
        expect(receipt!.survivingForks.map(({ threadId }) => threadId).sort()).toEqual(ids.sort())
      } else expect(receipt!.threadIds).toEqual(expect.arrayContaining([base.threadId, ...ids]))
      for (const id of left)
        expect(itemsOf(await linesOf(store, id)), id).toEqual(histories.get(id))
      expect((await store.verify()).problems).toEqual([])
      // Forks that live on still say what they were forked from; nothing else names the dead thread's rollout.
      const naming = await filesHolding(
        path.join(store.root, 'sessions'),
        `"id":"${base.threadId}"`,
      )
      expect(naming).toEqual([])
    },
  )

  test('everything can be deleted, and no byte of any text is left', async () => {
    const { store, all } = await imported()
    const ids = [...new Set(all.map(({ threadId }) => threadId))]
    const { state, receipt } = await store.deleteThreads(ids, { forks: 'cascade' })
    expect(state).toBe('deleted')
    expect([...receipt!.threadIds].sort()).toEqual(ids.sort())
    expect(receipt!.verification).toMatchObject({ mode: 'probes', residue: 0 })
    expect((await filesUnder(store.root)).filter((name) => name.includes('.jsonl'))).toEqual([])
    for (const rollout of all) {
      for (const line of [rollout.lines[1]!, rollout.lines.at(-1)!]) {
        expect(await filesHolding(store.root, line.slice(30, 90)), rollout.file).toEqual([])
      }
    }
  })

  test('archive and back is byte-identical for every thread', async () => {
    const { store, all } = await imported()
    const active = [...new Set(all.filter((one) => !one.archived).map((one) => one.threadId))]
    const roots: string[] = []
    for (const id of active) if (!(await store.readThread(id))?.parentThreadId) roots.push(id)
    await store.archiveThreads(roots)
    expect((await store.listThreads({ limit: 100, includeSubagents: true })).threads).toEqual([])
    await store.unarchiveThreads(roots)
    for (const { file, bytes, archived } of all) {
      if (archived) continue
      expect((await readFile(path.join(store.root, file))).equals(bytes), file).toBe(true)
    }
  })

  test('an export in Codex’s layout keeps every rule that its binary has', async () => {
    const { store, all } = await imported()
    const ids = [...new Set(all.map(({ threadId }) => threadId))]
    const to = await scratch.folder()
    await store.exportThreads(ids, { to, layout: 'codex' })
    const made = await rolloutsOf(to)
    expect(made.map(({ threadId }) => threadId).sort()).toEqual(ids.sort())
    for (const { file, records, threadId, rolloutId, archived } of made) {
      expect(rolloutId, file).toBe(threadId)
      const place = archived
        ? /^archived_sessions\/rollout-/
        : /^sessions\/\d{4}\/\d\d\/\d\d\/rollout-/
      expect(file).toMatch(place)
      const [first, ...rest] = records
      expect(first?.type, file).toBe('session_meta')
      expect(first?.payload).toMatchObject({
        id: threadId,
        timestamp: expect.any(String),
        cwd: expect.any(String),
        originator: expect.any(String),
        cli_version: expect.any(String),
        history_mode: 'legacy',
      })
      expect(first?.payload.history_base).toBeUndefined()
      for (const record of records) {
        expect(record.timestamp, file).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
        expect(record.ordinal, file).toBeUndefined()
      }
      const users = rest.filter(
        ({ type, payload }) => type === 'event_msg' && payload.type === 'user_message',
      )
      expect(users.length, file).toBeGreaterThan(0)
      // What the model saw is all there, in order.
      const shown = (records_: readonly Record_[]) =>
        records_.filter(({ type }) => type === 'response_item').map(({ payload }) => payload)
      const whole = historyOf(newestOf(threadId, all), all).map(
        (line) => JSON.parse(line) as Record_,
      )
      expect(shown(records), file).toEqual(shown(whole))
    }
    const again = await scratch.store()
    const report = await again.importRollouts([to])
    expect(report.skipped).toEqual([])
    expect(report.damaged).toEqual([])
    for (const id of ids) {
      expect((await again.readThread(id))?.name).toBe((await store.readThread(id))?.name)
    }
    expect((await again.verify()).problems).toEqual([])
  })

  test('names come along, the newest of each', async () => {
    const { store } = await imported()
    const index = await readFile(path.join(await home(), 'session_index.jsonl'), 'utf8')
    const names = new Map(
      index
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { id: string; thread_name: string })
        .map(({ id, thread_name }) => [id, thread_name]),
    )
    expect(names.size).toBeGreaterThan(0)
    for (const id of await livingIds(store)) {
      expect((await store.readThread(id))?.name, id).toBe(names.get(id) ?? null)
    }
  })
}
