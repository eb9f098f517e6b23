import fs from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { message, testOptions, withRoot } from '../store.fixture.js'
import { openThreadStore } from '../store.js'
import { repairStore } from './repair-store.js'

const levelOf = (root: string): string => path.join(root, '.cenotaph', 'level')

async function damage(root: string): Promise<void> {
  await fs.writeFile(path.join(levelOf(root), 'CURRENT'), 'nonsense\n')
}

/** Changes one byte of a text wherever LevelDB has it. */
async function flip(root: string, text: string): Promise<void> {
  let flipped = 0
  for (const name of await fs.readdir(levelOf(root))) {
    if (name === 'LOCK') continue
    const file = path.join(levelOf(root), name)
    const bytes = await fs.readFile(file)
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) {
      bytes[at]! ^= 1
      flipped += 1
    }
    await fs.writeFile(file, bytes)
  }
  expect(flipped).toBeGreaterThan(0)
}

describe('attachments in a repair', () => {
  it('come back as they were, and what was taken away does not', () =>
    withRoot(async (root) => {
      const store = await openThreadStore(root, testOptions)
      const one = await store.createThread({ cwd: '/w' })
      const two = await store.createThread({ cwd: '/w' })
      const gone = await store.createThread({ cwd: '/w' })
      await store.appendItems(one, [message('x')], {
        attachments: [
          { kind: 'k', key: 'bytes', value: Uint8Array.of(1, 2, 3) },
          { kind: 'k', key: 'away', value: 'away' },
        ],
      })
      await store.attachments(one).put('k', 'replaced', 'old')
      await store.attachments(one).put('k', 'replaced', { new: true })
      await store.attachments(one).delete('k', 'away')
      await store.attachments(two).put('k', 'large', 'y'.repeat(100_000))
      await store.attachments(gone).put('k', 'gone', 'gone')
      await store.deleteThread(gone)
      await store.close()
      await damage(root)
      const planned = await repairStore(root, testOptions, { dryRun: true })
      const report = await repairStore(root, testOptions)
      for (const { lost } of [planned, report])
        expect(lost.filter(({ what }) => what === 'attachment')).toEqual([])
      const again = await openThreadStore(root, testOptions)
      expect(await again.attachments(one).get('k', 'bytes')).toEqual(Uint8Array.of(1, 2, 3))
      expect(await again.attachments(one).get('k', 'replaced')).toEqual({ new: true })
      expect((await again.attachments(one).list()).attachments).toHaveLength(2)
      expect(await again.attachments(two).get('k', 'large')).toBe('y'.repeat(100_000))
      await again.attachments(two).put('k', 'large', 'z')
      expect((await again.attachments(two).list()).attachments).toHaveLength(1)
      const { problems } = await again.verify()
      expect(problems.filter(({ code }) => code.startsWith('ATTACHMENT'))).toEqual([])
      await again.close()
    }))

  it('are named where they cannot be read, and the others come back', () =>
    withRoot(async (root) => {
      const store = await openThreadStore(root, testOptions)
      const id = await store.createThread({ cwd: '/w' })
      await store.attachments(id).put('k', 'whole', 'whole')
      await store.attachments(id).put('k', 'damaged', 'bytes that will be damaged')
      await store.attachments(id).put('name that will be damaged', 'k', 'x')
      // Into a table: a flipped bit of a log hides the whole record.
      await store.attachments(id).put('k', 'other', 'x', { erasePrevious: true })
      await store.close()
      await flip(root, 'bytes that will be damaged')
      await flip(root, 'name that will be damaged')
      await damage(root)
      const planned = await repairStore(root, testOptions, { dryRun: true })
      const { lost } = await repairStore(root, testOptions)
      const ofAttachments = lost.filter(({ what }) => what === 'attachment')
      expect(ofAttachments).toHaveLength(2)
      expect(ofAttachments.every(({ threadId }) => threadId === id)).toBe(true)
      expect(ofAttachments.some(({ detail }) => detail.includes('["k","damaged"]'))).toBe(true)
      expect(planned.lost).toEqual(expect.arrayContaining(ofAttachments))
      const again = await openThreadStore(root, testOptions)
      expect(await again.attachments(id).get('k', 'whole')).toBe('whole')
      expect(await again.attachments(id).get('k', 'damaged')).toBeUndefined()
      expect((await again.attachments(id).list()).attachments).toHaveLength(2)
      await again.close()
    }))

  it('that nobody can know of are told of with the thread', () =>
    withRoot(async (root) => {
      const store = await openThreadStore(root, testOptions)
      const id = await store.createThread({ cwd: '/w' })
      await store.attachments(id).put('k', 'k', 1)
      await store.close()
      await fs.rm(levelOf(root), { recursive: true })
      const { lost } = await repairStore(root, testOptions)
      expect(lost.find(({ threadId }) => threadId === id)?.detail).toContain('attachments')
    }))
})
