import { createHash, createHmac } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { message, withStore } from '../store.fixture.js'
import type { StoreEvent } from './event-log.js'

async function all(events: AsyncIterable<StoreEvent>): Promise<StoreEvent[]> {
  const list: StoreEvent[] = []
  for await (const event of events) list.push(event)
  return list
}

describe('the event log', () => {
  it('has an event for each operation, in order, and none for a refused one', () =>
    withStore(async (store) => {
      const id = await store.createThread({ cwd: '/w', name: 'first' })
      await store.appendItems(id, [message('a'), message('b')])
      await store.checkpoint()
      await store.renameThread(id, 'second')
      await expect(store.renameThread(id, '')).rejects.toThrow()
      await store.archiveThreads([id])
      await store.unarchiveThreads([id])
      const fork = await store.forkThread(id)
      await store.deleteThread(fork.threadId)
      const events = await all(store.events())
      expect(events.map((event) => event.type)).toEqual([
        'thread.created',
        'items.appended',
        'thread.renamed',
        'thread.archived',
        'thread.unarchived',
        'thread.forked',
        'threads.deleted',
        'threads.erased',
      ])
      expect(events.map((event) => event.position)).toEqual(events.map((_, n) => n))
      expect(events[1]!.payload).toEqual({ firstOrdinal: 1, items: 2, bytes: expect.any(Number) })
      expect(events[5]!.payload).toBeNull()
      expect(await all(store.events({ after: 5, limit: 1 }))).toEqual([events[6]])
    }))

  it('forgets payloads with their thread, and still verifies', () =>
    withStore(async (store) => {
      const id = await store.createThread({ cwd: '/w', name: 'a name to forget' })
      await store.renameThread(id, 'another name to forget')
      const before = await all(store.events())
      expect(before.map((event) => event.payload?.name)).toContain('a name to forget')
      await store.deleteThread(id)
      const after = await all(store.events())
      expect(after.slice(0, 2).map((event) => event.payload)).toEqual([null, null])
      expect(after.slice(0, 2).map((event) => event.commitment)).toEqual(
        before.map((event) => event.commitment),
      )
      expect((await store.verify()).problems).toEqual([])
    }))

  it('keeps nothing that a guess of the content could be checked against', () =>
    withStore(async (store, root) => {
      const name = 'guess me if you can'
      const text = 'the prompt of this thread, known word for word'
      const id = await store.createThread({ cwd: '/guess', name })
      await store.appendItems(id, [message(text)])
      await store.deleteThread(id)
      const guesses = [name, text, '/guess', JSON.stringify({ name, parentThreadId: null })]
      const digests = guesses.flatMap((guess) => {
        const algorithms = ['sha256', 'sha512', 'sha1', 'md5']
        const plain = algorithms.map((algorithm) => createHash(algorithm).update(guess).digest())
        const keyed = [id, name].map((key) => createHmac('sha256', key).update(guess).digest())
        return [...plain, ...keyed]
      })
      const files = await fs.readdir(root, { recursive: true, withFileTypes: true })
      for (const file of files) {
        if (!file.isFile() || file.name === 'LOCK') continue
        const bytes = await fs.readFile(path.join(file.parentPath, file.name))
        for (const digest of digests) {
          expect(bytes.includes(digest)).toBe(false)
          expect(bytes.includes(digest.toString('hex'))).toBe(false)
          expect(bytes.includes(digest.toString('base64'))).toBe(false)
        }
      }
    }))

  it('is watched from a position on, then live, until the signal ends it', () =>
    withStore(async (store) => {
      const first = await store.createThread({ cwd: '/w' })
      const ending = new AbortController()
      const seen: string[] = []
      const watching = (async () => {
        for await (const event of store.watch({ after: -1, signal: ending.signal })) {
          seen.push(`${event.type} ${event.threadId}`)
          if (seen.length === 3) ending.abort()
        }
      })()
      const second = await store.createThread({ cwd: '/w' })
      await store.renameThread(first, 'new name')
      await watching
      expect(seen).toEqual([
        `thread.created ${first}`,
        `thread.created ${second}`,
        `thread.renamed ${first}`,
      ])
    }))

  it('tells a watch nothing more once its signal has aborted, though more is there', () =>
    withStore(async (store) => {
      for (let made = 0; made < 3; made += 1) await store.createThread({ cwd: '/w' })
      const ending = new AbortController()
      let seen = 0
      for await (const _ of store.watch({ signal: ending.signal })) {
        seen += 1
        ending.abort()
      }
      expect(seen).toBe(1)
    }))
})
