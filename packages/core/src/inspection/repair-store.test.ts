import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { nodeClock } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { message, testOptions, textsOf, withRoot } from '../store.fixture.js'
import { openThreadStore } from '../store.js'
import { repairStore } from './repair-store.js'

const inside = (root: string, name: string): string => path.join(root, '.cenotaph', name)

const asideIn = async (root: string): Promise<string[]> =>
  (await fs.readdir(path.join(root, '.cenotaph'))).filter((name) =>
    name.startsWith('level.damaged'),
  )

describe('repair', () => {
  it('leaves a store alone whose owner lives, however damaged it looks', () =>
    withRoot(async (root) => {
      const store = await openThreadStore(root, testOptions)
      await store.createThread({ cwd: '/w' })
      await store.close()
      const current = inside(root, 'level/CURRENT')
      await fs.writeFile(current, 'nonsense\n')
      const living = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
      try {
        const owner = { pid: living.pid, host: os.hostname(), since: new Date().toISOString() }
        await fs.writeFile(inside(root, 'owner.json'), JSON.stringify(owner))
        await expect(repairStore(root, testOptions)).rejects.toMatchObject({
          code: 'STORE_LOCKED',
          detail: { pid: living.pid },
        })
        expect(await fs.readFile(current, 'utf8')).toBe('nonsense\n')
      } finally {
        living.kill('SIGKILL')
        await once(living, 'exit')
      }
      const report = await repairStore(root, testOptions)
      expect(report.rebuilt).toHaveLength(1)
    }))

  it('lets a redaction that was cut short finish, receipt and all', () =>
    withRoot(async (root) => {
      let reached = (_name: string): void => {}
      const options = { ...testOptions, crashPoint: (name: string) => reached(name) }
      const store = await openThreadStore(root, options)
      const id = await store.createThread({ cwd: '/w' })
      const secret = 'correct horse battery staple correct horse'
      await store.appendItems(id, [message('hello'), message(secret)])
      reached = (name) => {
        if (name === 'redact.rewrite:before') throw new Error('stopped here')
      }
      const redacting = store.redactItems(id, [2], 'asked for')
      await expect(redacting).rejects.toThrow('stopped here')
      await store.close().catch(() => {})
      // Its intent can be read, and the database cannot be opened.
      await fs.writeFile(inside(root, 'level/CURRENT'), 'nonsense\n')
      const report = await repairStore(root, testOptions)
      expect(report.rebuilt).toEqual([id])
      const repaired = await openThreadStore(root, testOptions)
      expect(await textsOf(repaired, id)).toEqual(['hello'])
      const receipts = await repaired.listReceipts()
      expect(receipts.map((one) => one.redaction?.ordinals)).toEqual([
        [{ threadId: id, from: 2, to: 2 }],
      ])
      expect((await repaired.verify()).problems).toEqual([])
      await repaired.close()
      const files = await fs.readdir(root, { recursive: true, withFileTypes: true })
      for (const file of files.filter((one) => one.isFile())) {
        const bytes = await fs.readFile(path.join(file.parentPath, file.name))
        expect(bytes.includes(secret), file.name).toBe(false)
      }
    }))

  it('lets a delete that was cut short finish, receipt and all', () =>
    withRoot(async (root) => {
      let reached = (_name: string): void => {}
      const options = { ...testOptions, crashPoint: (name: string) => reached(name) }
      const store = await openThreadStore(root, options)
      const id = await store.createThread({ cwd: '/w', name: 'to be deleted' })
      const kept = await store.createThread({ cwd: '/w', name: 'kept' })
      await store.appendItems(kept, [message('kept')])
      reached = (name) => {
        if (name === 'delete.unlink:before') throw new Error('stopped here')
      }
      await expect(store.deleteThread(id)).resolves.toMatchObject({ state: 'erasing' })
      await store.close().catch(() => {})
      await fs.rm(inside(root, 'level'), { recursive: true })
      const report = await repairStore(root, testOptions)
      expect(report.rebuilt).toEqual([kept])
      const repaired = await openThreadStore(root, testOptions)
      const result = await repaired.deleteThread(id)
      expect(result.state).toBe('deleted')
      expect(result.receipt?.verification?.mode).toBe('structural')
      expect(await textsOf(repaired, kept)).toEqual(['kept'])
      expect((await repaired.verify()).problems).toEqual([])
      await repaired.close()
    }))

  it('keeps the damaged database for 7 days, and not longer', () =>
    withRoot(async (root) => {
      const store = await openThreadStore(root, testOptions)
      await store.createThread({ cwd: '/w' })
      await store.close()
      await fs.writeFile(inside(root, 'level/CURRENT'), 'nonsense\n')
      await repairStore(root, testOptions)
      expect(await asideIn(root)).toHaveLength(1)
      const day = 24 * 60 * 60 * 1000
      for (const [days, left] of [
        [6.9, 1],
        [7.1, 0],
      ] as const) {
        const clock = { ...nodeClock, wallMs: () => nodeClock.wallMs() + days * day }
        await (await openThreadStore(root, { ...testOptions, clock })).close()
        expect(await asideIn(root)).toHaveLength(left)
      }
    }))
})
