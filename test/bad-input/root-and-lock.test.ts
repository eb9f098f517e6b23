// Roots that cannot be a store, and stores that somebody else has: a typed error that says what to do, nothing
// changed on disk, and the process goes on.

import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import path from 'node:path'
import { openThreadStore, repairStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { children, nextJson } from '../support-fixtures/child.fixture.js'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import { snapshotOf } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { quietOptions, scratch } from '../support-fixtures/scratch.fixture.js'
import { codeOf, errorOf, textItem, textsOf } from '../support-fixtures/store-state.fixture.js'

const { folder, open } = scratch()
const child = children()
const id = threadIdOf(1)

describe('roots that cannot be a store', () => {
  it('a file', async () => {
    const file = path.join(await folder(), 'file')
    await writeFile(file, 'mine')
    expect(await codeOf(() => openThreadStore(file))).toBe('ROOT_NOT_A_FOLDER')
    expect(await codeOf(() => openThreadStore(path.join(file, 'below')))).toBe('ROOT_NOT_A_FOLDER')
    expect(await readFile(file, 'utf8')).toBe('mine')
  })

  it('a folder with a file where a folder of ours belongs', async () => {
    const root = await folder()
    await writeFile(path.join(root, 'sessions'), 'mine')
    expect(await codeOf(() => openThreadStore(root))).toBe('ROOT_NOT_A_FOLDER')
    expect(await readFile(path.join(root, 'sessions'), 'utf8')).toBe('mine')
  })

  // The suite may run as root, whom no mode keeps out, so the refusal of the operating system is injected.
  it.each(['EACCES', 'EPERM'] as const)(
    'a folder that this user may not write to (%s injected: root would be let in)',
    async (errno) => {
      const root = path.join(await folder(), 'store')
      const denied = failWhile((call) => call === 'makeFolder', errno)
      const error = await errorOf(() => openThreadStore(root, { disk: denied.disk }))
      expect(error).toMatchObject({ code: 'ROOT_NOT_ACCESSIBLE', detail: { errno } })
      expect(await codeOf(() => readdir(root))).toMatchObject({ code: 'ENOENT' })
    },
  )

  it.each([[undefined], [null], [5], [{}], [[]], ['']])('no path at all: %j', async (root) => {
    const call = () => openThreadStore(root as unknown as string, quietOptions)
    expect(await codeOf(call)).toBe('ARGUMENT_INVALID')
  })
})

describe('a store that another process has', () => {
  it('is STORE_LOCKED with pid and host, for open and for repair, and nothing changes', async () => {
    const root = path.join(await folder(), 'store')
    const holder = child('./child-holds-store.mjs', [root])
    expect(await nextJson(holder)).toMatchObject({ open: true })
    // LevelDB starts its own LOG anew before it asks for its lock.
    const isLog = (name: string) => /level\/LOG(\.old)?$/.test(name)
    const before = await snapshotOf(root, isLog)
    const error = await errorOf(() => openThreadStore(root, quietOptions))
    expect(error).toMatchObject({
      code: 'STORE_LOCKED',
      retryable: true,
      detail: { pid: holder.process.pid, host: hostname() },
    })
    expect(await codeOf(() => repairStore(root, quietOptions))).toBe('STORE_LOCKED')
    expect(await snapshotOf(root, isLog)).toEqual(before)
    await holder.end()
    const store = await open(root)
    await store.createThread({ threadId: id })
  })

  it('is free at once when that process is killed', async () => {
    const root = path.join(await folder(), 'store')
    const holder = child('./child-holds-store.mjs', [root])
    await nextJson(holder)
    await holder.kill()
    const store = await open(root)
    expect((await store.verify()).problems).toEqual([])
  })

  it('stays ours after verify, delete and its scan, export, import and repair of another root', async () => {
    const root = path.join(await folder(), 'store')
    const store = await open(root)
    await store.createThread({ threadId: id })
    await store.createThread({ threadId: threadIdOf(2) })
    await store.appendItems(id, [textItem('kept')])
    await store.verify()
    await store.exportThreads([id], { to: path.join(await folder(), 'out') })
    await store.importRollouts([path.join(root, '.cenotaph'), path.join(root, 'sessions')])
    expect((await store.deleteThread(threadIdOf(2))).state).toBe('deleted')
    await store.checkpoint()
    await repairStore(path.join(await folder(), 'other'), quietOptions)
    const second = child('./child-holds-store.mjs', [root])
    expect(await nextJson(second)).toMatchObject({
      open: false,
      code: 'STORE_LOCKED',
      detail: { pid: process.pid },
    })
    await store.appendItems(id, [textItem('still ours')])
    await store.reopen()
    expect(await textsOf(store, id)).toEqual(['kept', 'still ours'])
  })

  it('is locked for a second handle of the same process too', async () => {
    const root = path.join(await folder(), 'store')
    await open(root)
    expect(await codeOf(() => openThreadStore(root, quietOptions))).toBe('STORE_LOCKED')
  })
})

describe('a process that is killed', () => {
  it.each(['durable', 'buffered'])('keeps every line that it acknowledged (%s)', async (mode) => {
    const root = path.join(await folder(), 'store')
    const writer = child('./child-appends.mjs', [root, id, mode])
    let last = -1
    for (let seen = 0; seen < 60; seen += 1) last = Number((await writer.lines.next()).value)
    await writer.kill()
    const store = await open(root)
    const texts = await textsOf(store, id)
    expect(texts.length).toBeGreaterThan(last)
    expect(texts).toEqual(texts.map((_, n) => `${n}`))
    if (mode === 'buffered') expect(texts.length % 5).toBe(0)
    expect((await store.verify()).problems).toEqual([])
  })
})

describe('a closed store', () => {
  it('refuses every verb with STORE_CLOSED', async () => {
    const root = path.join(await folder(), 'store')
    await mkdir(root)
    const store = await open(root)
    await store.createThread({ threadId: id })
    await store.close()
    await store.close()
    const calls = [
      () => store.createThread(),
      () => store.appendItems(id, [textItem('late')]),
      () => store.readThread(id),
      () => store.listThreads(),
      () => store.deleteThread(id),
      () => store.verify(),
      () => store.checkpoint(),
      () => store.flush(),
      () => store.reopen(),
      () => store.status(id),
      () => store.resolveThread('name'),
      () => store.listReceipts(),
      () => textsOf(store, id),
    ]
    for (const call of calls) expect(await codeOf(call), String(call)).toBe('STORE_CLOSED')
  })
})
