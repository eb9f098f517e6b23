// Real rollouts that Codex wrote, where they are at hand beside the repository, and a small home of the same shapes
// that always is.

import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { homeIds, writeCodexHome } from '../support-fixtures/codex-home.fixture.js'
import { scratch } from '../support-fixtures/scratch.fixture.js'
import { textsOf } from '../support-fixtures/store-state.fixture.js'
import { codexHomeSuite } from './codex-home.suite.js'

const top = fileURLToPath(new URL('../..', import.meta.url))
const realHome = path.join(top, '..', 'shared', 'samples', 'codex-home')
const isThere = existsSync(realHome)
const stores = scratch()

describe(`a home that Codex wrote${isThere ? '' : ' (skipped: ../shared/samples is not beside the repository)'}`, () => {
  codexHomeSuite({
    scratch: stores,
    home: async () => realHome,
    run: isThere,
    floor: { rollouts: 16, references: 3 },
  })
})

async function smallHome(): Promise<string> {
  const home = await stores.folder()
  await writeCodexHome(home)
  return home
}

describe('a home of the same shapes', () => {
  codexHomeSuite({
    scratch: stores,
    home: smallHome,
    run: true,
    floor: { rollouts: 11, references: 3 },
  })

  it('a fork of a fork reads through both, a reverted thread as if it had never said more', async () => {
    const store = await stores.store()
    await store.importRollouts([await smallHome()])
    const said = (texts: readonly string[]) => texts.filter((text) => !text.startsWith('answer'))
    expect(said(await textsOf(store, homeIds.forkOfFork))).toEqual([
      'first',
      'second',
      'in the fork of the fork',
    ])
    expect(said(await textsOf(store, homeIds.reverted))).toEqual(['kept', 'after the revert'])
    const { turns } = await store.listTurns(homeIds.interrupted)
    expect(turns.map(({ status }) => status)).toEqual(['aborted'])
    const view = await store.readThread(homeIds.child)
    expect(view).toMatchObject({ parentThreadId: homeIds.parent, state: 'active' })
    expect((await store.deleteThread(homeIds.parent)).receipt?.threadIds).toEqual([
      homeIds.parent,
      homeIds.child,
    ])
  })

  it('a source that has grown since is extended, one that differs is left alone', async () => {
    const { appendFile, readFile, writeFile } = await import('node:fs/promises')
    const { rolloutOf } = await import('../support-fixtures/files.fixture.js')
    const home = await smallHome()
    const store = await stores.store()
    await store.importRollouts([home])
    const source = await rolloutOf(home, homeIds.interrupted)
    const line = { timestamp: '2026-11-20T16:00:00.000Z', ordinal: 13, type: 'own', payload: {} }
    await appendFile(source, `${JSON.stringify(line)}\n`)
    const other = await rolloutOf(home, homeIds.parent)
    await writeFile(other, (await readFile(other, 'utf8')).replace('spawns', 'SPAWNS'))
    const { imported, skipped } = await store.importRollouts([home])
    expect(imported.map(({ threadId }) => threadId)).toEqual([homeIds.interrupted])
    const why = new Map(skipped.map(({ source: file, reason }) => [path.basename(file), reason]))
    expect(why.get(path.basename(other))).toBe('diverged')
    expect((await store.readThread(homeIds.interrupted))?.nextOrdinal).toBe(14)
    expect(await textsOf(store, homeIds.parent)).toContain('spawns')
    expect((await store.verify()).problems).toEqual([])
  })
})
