import fs from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openThreadStore, type ThreadStore } from '../index.js'
import { message, testOptions, textsOf, withRoot, withStore } from '../store.fixture.js'

const code = (name: string, detail?: object) =>
  expect.objectContaining({
    code: name,
    ...(detail ? { detail: expect.objectContaining(detail) } : {}),
  })

const names = async (store: ThreadStore, id: string, options = {}): Promise<string[]> =>
  (await store.attachments(id).list(options)).attachments.map(({ kind, key }) => `${kind}/${key}`)

/** Files under a root that hold a text. */
async function holding(root: string, text: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of await fs.readdir(root, { recursive: true, withFileTypes: true })) {
    const name = path.join(entry.parentPath, entry.name)
    if (entry.isFile() && entry.name !== 'LOCK' && (await fs.readFile(name)).includes(text))
      found.push(path.relative(root, name))
  }
  return found
}

describe('attachments', () => {
  it('give back bytes as bytes and JSON as JSON, also after a reopen', () =>
    withRoot(async (root) => {
      const values: [string, unknown][] = [
        ['bytes', Uint8Array.of(0, 255, 10)],
        ['no bytes', new Uint8Array(0)],
        ['text', 'a\u2028b \ud83d\ude00 \ud83d'],
        ['null', null],
        ['nested', { a: [1, { b: false }], c: '' }],
      ]
      const store = await openThreadStore(root, testOptions)
      const id = await store.createThread()
      for (const [key, value] of values) await store.attachments(id).put('goal', key, value)
      await store.attachments(id).put('goal', 'buffer', Buffer.from('abc'))
      await store.close()
      const again = await openThreadStore(root, testOptions)
      const attachments = again.attachments(id)
      for (const [key, value] of values) expect(await attachments.get('goal', key)).toEqual(value)
      const bytes = await attachments.get('goal', 'buffer')
      expect(bytes).toEqual(Uint8Array.from(Buffer.from('abc')))
      expect(Buffer.isBuffer(bytes)).toBe(false)
      expect(await attachments.get('goal', 'other')).toBeUndefined()
      expect(await attachments.get('other', 'bytes')).toBeUndefined()
      expect((await again.verify()).problems).toEqual([])
      await again.close()
    }))

  it('keep what was given, whatever the caller does to it later', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      const bytes = Uint8Array.of(1, 2, 3)
      const putting = store.attachments(id).put('k', 'bytes', bytes)
      bytes.fill(9)
      await putting
      const read = (await store.attachments(id).get('k', 'bytes')) as Uint8Array
      expect([...read]).toEqual([1, 2, 3])
      read.fill(7)
      expect([...((await store.attachments(id).get('k', 'bytes')) as Uint8Array)]).toEqual([
        1, 2, 3,
      ])
    }))

  it('are replaced, listed in order with sizes and times, and taken away', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      const attachments = store.attachments(id)
      expect(await attachments.list()).toEqual({ attachments: [], nextCursor: null })
      await attachments.put('memory', 'b', 'first')
      await attachments.put('memory', 'a', Uint8Array.of(1, 2))
      await attachments.put('goal', 'z', { n: 1 })
      await attachments.put('memory', 'b', 'second')
      expect(await attachments.get('memory', 'b')).toBe('second')
      const { attachments: listed } = await attachments.list()
      expect(listed).toEqual([
        { kind: 'goal', key: 'z', bytes: 7, updatedAt: expect.any(String) },
        { kind: 'memory', key: 'a', bytes: 2, updatedAt: expect.any(String) },
        { kind: 'memory', key: 'b', bytes: 8, updatedAt: expect.any(String) },
      ])
      expect(new Date(listed[0]!.updatedAt).toISOString()).toBe(listed[0]!.updatedAt)
      expect(await names(store, id, { kind: 'memory' })).toEqual(['memory/a', 'memory/b'])
      expect(await attachments.delete('memory', 'a')).toBe(true)
      expect(await attachments.delete('memory', 'a')).toBe(false)
      expect(await names(store, id)).toEqual(['goal/z', 'memory/b'])
    }))

  it('are listed page by page, by cursors that belong to their query', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      const put = Array.from({ length: 25 }, (_, index) => `${100 + index}`)
      const attachments = put.map((key) => ({ kind: 'k', key, value: key }))
      await store.appendItems(id, [message('x')], { attachments })
      const read: string[] = []
      let cursor: string | undefined
      do {
        const page = await store.attachments(id).list({ limit: 10, ...(cursor ? { cursor } : {}) })
        read.push(...page.attachments.map(({ key }) => key))
        // What is taken away between two pages does not move the others.
        if (!cursor) await store.attachments(id).delete('k', read.at(-1)!)
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      expect(read).toEqual(put)
      const { nextCursor } = await store.attachments(id).list({ limit: 1 })
      await expect(store.attachments(id).list({ kind: 'k', cursor: nextCursor! })).rejects.toEqual(
        code('CURSOR_INVALID'),
      )
      await expect(store.attachments(id).list({ cursor: 'x' })).rejects.toEqual(
        code('CURSOR_INVALID'),
      )
    }))

  it('tell names apart that would be one when joined', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      const attachments = store.attachments(id)
      const hostile = [
        ['a\0b', 'c'],
        ['a', 'b\0c'],
        ['a","b', 'c'],
        ['../../etc', 'passwd'],
        ['t/', `${id}/row`],
        ['__proto__', 'constructor'],
        ['\u00e9', 'e\u0301'],
        ['x'.repeat(200), '\u{1f600}'.repeat(100)],
      ] as const
      for (const [kind, key] of hostile) await attachments.put(kind, key, [kind, key])
      for (const [kind, key] of hostile)
        expect(await attachments.get(kind, key)).toEqual([kind, key])
      expect((await attachments.list()).attachments).toHaveLength(hostile.length)
      expect((await store.readThread(id))?.items).toBe(1)
    }))

  it('refuse what cannot be a name or a value, and store nothing of it', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      const attachments = store.attachments(id)
      const invalid = code('ARGUMENT_INVALID')
      const bad: unknown[] = ['', 'x'.repeat(201), '\ud800', 5, null, undefined, {}]
      for (const name of bad as string[]) {
        await expect(attachments.put(name, 'k', 1)).rejects.toEqual(invalid)
        await expect(attachments.put('k', name, 1)).rejects.toEqual(invalid)
        await expect(attachments.get('k', name)).rejects.toEqual(invalid)
        await expect(attachments.delete(name, 'k')).rejects.toEqual(invalid)
      }
      const cycle: unknown[] = []
      cycle.push(cycle)
      const thrower = {
        toJSON() {
          throw new Error('no')
        },
      }
      const values = [undefined, () => 1, Symbol('x'), 1n, cycle, thrower, new ArrayBuffer(2)]
      for (const value of [...values, new Uint16Array(2)])
        await expect(attachments.put('k', 'k', value)).rejects.toEqual(invalid)
      for (const options of [{ limit: 0 }, { limit: 1001 }, { limit: 1.5 }, { kind: '' }, 7, null])
        await expect(attachments.list(options as object)).rejects.toEqual(invalid)
      await expect(attachments.put('k', 'k', 1, null as never)).rejects.toEqual(invalid)
      expect(() => store.attachments('nobody')).toThrow(code('THREAD_ID_MALFORMED'))
      expect((await attachments.list()).attachments).toEqual([])
    }))

  it('have a limit of size, of the store', () =>
    withStore(
      async (store) => {
        const id = await store.createThread()
        const attachments = store.attachments(id)
        await attachments.put('k', 'fits', new Uint8Array(1000))
        const large = code('ATTACHMENT_TOO_LARGE', { bytes: 1001, limit: 1000 })
        await expect(attachments.put('k', 'no', new Uint8Array(1001))).rejects.toEqual(large)
        await expect(attachments.put('k', 'no', 'x'.repeat(999))).rejects.toEqual(large)
        await expect(
          store.appendItems(id, [message('x')], {
            attachments: [{ kind: 'k', key: 'no', value: new Uint8Array(1001) }],
          }),
        ).rejects.toEqual(large)
        expect(await names(store, id)).toEqual(['k/fits'])
        expect(await textsOf(store, id)).toEqual([])
      },
      { attachmentBytesMax: 1000 },
    ))

  it('cannot be allowed more than 16 MiB each', () =>
    withRoot(async (root) => {
      for (const attachmentBytesMax of [16 * 1024 * 1024 + 1, -1, 1.5])
        await expect(openThreadStore(root, { ...testOptions, attachmentBytesMax })).rejects.toEqual(
          code('ARGUMENT_INVALID'),
        )
    }))

  it(
    'have a limit of number, which puts at the same time keep, and which replacing does not meet',
    () =>
      withStore(async (store) => {
        const id = await store.createThread()
        for (let batch = 0; batch < 10; batch += 1) {
          const count = batch === 9 ? 980 : 1000
          const attachments = Array.from({ length: count }, (_, index) => {
            return { kind: 'k', key: `${batch}-${index}`, value: index }
          })
          await store.appendItems(id, [], { attachments })
        }
        // Each of 30 puts, 30 appends and 30 changes without a line wants one of the 20 places that are left.
        const settled = await Promise.allSettled(
          Array.from({ length: 90 }, (_, index) => {
            if (index % 3 === 0) return store.attachments(id).put('k', `put ${index}`, 1)
            return store.appendItems(id, index % 3 === 1 ? [message('x')] : [], {
              attachments: [
                { kind: 'k', key: `append ${index}`, value: 1 },
                { kind: 'k', key: '0-0', value: 2 },
              ],
            })
          }),
        )
        const refused = settled.filter((one) => one.status === 'rejected')
        expect(refused.map((one) => one.reason)).toEqual(
          refused.map(() => code('ATTACHMENTS_TOO_MANY', { limit: 10_000 })),
        )
        expect(refused).toHaveLength(70)
        await store.attachments(id).put('k', '0-1', 'replaced')
        await store.attachments(id).delete('k', '0-2')
        await store.attachments(id).put('k', 'room again', 1)
        let count = 0
        let cursor: string | undefined
        do {
          const page = await store
            .attachments(id)
            .list({ limit: 1000, ...(cursor ? { cursor } : {}) })
          count += page.attachments.length
          cursor = page.nextCursor ?? undefined
        } while (cursor)
        expect(count).toBe(10_000)
      }),
    60_000,
  )

  it('of one key put at the same time leave one of them, whole', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      const value = (index: number) => Buffer.alloc(1000 + index, index)
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          index % 4 === 0
            ? store.appendItems(id, [message(`${index}`)], {
                attachments: [{ kind: 'k', key: 'k', value: value(index) }],
              })
            : store.attachments(id).put('k', 'k', value(index), { erasePrevious: index % 4 === 1 }),
        ),
      )
      const read = (await store.attachments(id).get('k', 'k')) as Uint8Array
      expect(Buffer.compare(read, value(read[0]!))).toBe(0)
      expect((await store.verify()).problems).toEqual([])
    }))

  it('are read in an archived thread, and put only after it is back', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      await store.attachments(id).put('k', 'k', 1)
      await store.archiveThreads([id])
      const attachments = store.attachments(id)
      expect(await attachments.get('k', 'k')).toBe(1)
      await expect(attachments.put('k', 'k', 2)).rejects.toEqual(code('THREAD_ARCHIVED'))
      await expect(attachments.put('k', 'k', 2, { erasePrevious: true })).rejects.toEqual(
        code('THREAD_ARCHIVED'),
      )
      expect(await attachments.delete('k', 'k')).toBe(true)
      await store.unarchiveThreads([id])
      await attachments.put('k', 'k', 3)
      expect(await attachments.get('k', 'k')).toBe(3)
    }))

  it('of threads that are dead or never were are told so', () =>
    withStore(async (store) => {
      const nobody = store.attachments('0198c0de-0000-7000-8000-000000000000')
      const missing = code('THREAD_NOT_FOUND')
      await expect(nobody.put('k', 'k', 1)).rejects.toEqual(missing)
      await expect(nobody.get('k', 'k')).rejects.toEqual(missing)
      await expect(nobody.list()).rejects.toEqual(missing)
      await expect(nobody.delete('k', 'k')).rejects.toEqual(missing)
      const id = await store.createThread()
      await store.attachments(id).put('k', 'k', 1)
      await store.deleteThread(id)
      const dead = code('THREAD_DELETED')
      await expect(store.attachments(id).put('k', 'k', 1)).rejects.toEqual(dead)
      await expect(store.attachments(id).get('k', 'k')).rejects.toEqual(dead)
      await expect(store.attachments(id).list()).rejects.toEqual(dead)
      await expect(store.attachments(id).delete('k', 'k')).rejects.toEqual(dead)
    }))

  it('are not inherited by forks', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      await store.appendItems(id, [message('x')])
      await store.attachments(id).put('k', 'k', 1)
      const { threadId: fork } = await store.forkThread(id)
      expect(await names(store, fork)).toEqual([])
      await store.attachments(fork).put('k', 'k', 2)
      expect(await store.attachments(id).get('k', 'k')).toBe(1)
    }))
})

describe('attachments that go', () => {
  const secret = 'attached-canary-'.repeat(4)

  it('leave no byte of theirs, and earlier values neither', () =>
    withStore(async (store, root) => {
      const id = await store.createThread()
      const attachments = store.attachments(id)
      await attachments.put('kept', 'kept', 'kept-value-canary')
      for (const version of [1, 2, 3])
        await attachments.put('kind-canary', 'k', `${secret}${version}`)
      await store.appendItems(id, [message('x')], {
        attachments: [{ kind: 'kind-canary', key: 'k', value: `${secret}4` }],
      })
      expect(await holding(root, secret)).not.toEqual([])
      await attachments.delete('kind-canary', 'k')
      expect(await holding(root, secret)).toEqual([])
      expect(await holding(root, 'kind-canary')).toEqual([])
      expect(await attachments.get('kept', 'kept')).toBe('kept-value-canary')
      expect((await store.verify()).problems).toEqual([])
    }))

  it('leave no byte when they are replaced with erasePrevious', () =>
    withStore(async (store, root) => {
      const id = await store.createThread()
      await store.attachments(id).put('k', 'k', secret)
      await store.attachments(id).put('k', 'k', 'new-value-canary', { erasePrevious: true })
      expect(await holding(root, secret)).toEqual([])
      expect(await store.attachments(id).get('k', 'k')).toBe('new-value-canary')
      await store.close()
      const again = await openThreadStore(root, testOptions)
      expect(await again.attachments(id).get('k', 'k')).toBe('new-value-canary')
      await again.close()
    }))

  it('leave no byte when they went with an append and are deleted once more', () =>
    withStore(async (store, root) => {
      const id = await store.createThread()
      await store.attachments(id).put('k', 'k', secret)
      await store.appendItems(id, [], { attachments: [{ kind: 'k', key: 'k', delete: true }] })
      expect(await store.attachments(id).get('k', 'k')).toBeUndefined()
      expect(await store.attachments(id).delete('k', 'k')).toBe(false)
      expect(await holding(root, secret)).toEqual([])
    }))

  it(
    'go with their thread, all 5,000, and the receipt says that it looked',
    () =>
      withStore(async (store, root) => {
        const id = await store.createThread()
        const other = await store.createThread()
        await store.attachments(other).put('kind', 'other', 'of a living thread')
        for (let batch = 0; batch < 5; batch += 1) {
          const attachments = Array.from({ length: 1000 }, (_, index) => {
            return {
              kind: `kind-canary-${batch}`,
              key: `key-canary-${index}`,
              value: `${secret}${index}`,
            }
          })
          await store.appendItems(id, [message(`${batch}`)], { attachments })
        }
        const { state, receipt } = await store.deleteThread(id)
        expect(state).toBe('deleted')
        expect(receipt?.verification).toMatchObject({ mode: 'probes', residue: 0 })
        for (const canary of [secret, 'kind-canary', 'key-canary'])
          expect(await holding(root, canary)).toEqual([])
        expect(await store.attachments(other).get('kind', 'other')).toBe('of a living thread')
      }),
    60_000,
  )

  it(
    'are refused, or gone, when they are put while the thread is deleted',
    () =>
      withStore(async (store, root) => {
        for (let round = 0; round < 8; round += 1) {
          const id = await store.createThread()
          await store.appendItems(id, [message('x')])
          const puts = Array.from({ length: 12 }, async (_, index) => {
            for (let turn = 0; turn < index * 3; turn += 1) await Promise.resolve()
            const value = `${secret}${index}`
            if (index % 3 === 0)
              return store.appendItems(id, [message('y')], {
                attachments: [{ kind: 'k', key: `${index}`, value }],
              })
            return store
              .attachments(id)
              .put('k', `${index}`, value, { erasePrevious: index % 3 === 1 })
          })
          const [deleted, ...rest] = await Promise.allSettled([store.deleteThread(id), ...puts])
          expect(deleted).toMatchObject({ status: 'fulfilled', value: { state: 'deleted' } })
          for (const one of rest)
            if (one.status === 'rejected') expect(one.reason).toEqual(code('THREAD_DELETED'))
          expect(await holding(root, secret)).toEqual([])
        }
      }),
    60_000,
  )
})
