// Ids and arguments that no caller should give: each is a typed error with its code, nothing is written, and the
// store goes on as if nothing had been asked.

import { RawJson, type ThreadStore } from '@cenotaph/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { filesUnder, rolloutOf, snapshotOf } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { scratch } from '../support-fixtures/scratch.fixture.js'
import {
  codeOf,
  errorOf,
  factsOf,
  messageOf,
  textItem,
  textsOf,
} from '../support-fixtures/store-state.fixture.js'

// One store for all: none of these calls may leave a trace that another would meet.
const stores = scratch({ per: 'file' })
const [living, archived, deleted, unknown] = [1, 2, 3, 4].map(threadIdOf) as [
  string,
  string,
  string,
  string,
]
let store: ThreadStore
let receiptId: string

beforeAll(async () => {
  store = await stores.store({ maxLineBytes: 10_000 })
  for (const threadId of [living, archived, deleted]) {
    await store.createThread({ threadId, name: `name ${threadId}` })
    await store.appendItems(threadId, [textItem('text')])
  }
  await store.archiveThreads([archived])
  receiptId = (await store.deleteThread(deleted)).receipt!.receiptId
})

type Verb = (id: string) => unknown

/** Verbs on one thread, by name. */
const verbs: Readonly<Record<string, Verb>> = {
  appendItems: (id) => store.appendItems(id, [textItem('more')]),
  resumeThread: (id) => store.resumeThread(id),
  renameThread: (id) => store.renameThread(id, 'other'),
  archiveThreads: (id) => store.archiveThreads([id]),
  unarchiveThreads: (id) => store.unarchiveThreads([id]),
  forkThread: (id) => store.forkThread(id),
  spawn: (id) => store.createThread({ parentThreadId: id }),
  recorder: (id) => store.recorder({ threadId: id }).persist(),
  listItems: (id) => textsOf(store, id),
  listTurns: (id) => store.listTurns(id),
  exportThreads: async (id) => store.exportThreads([id], { to: await stores.folder() }),
  status: (id) => store.status(id),
  deleteThread: (id) => store.deleteThread(id),
  'deleteThread, dry': (id) => store.deleteThread(id, { dryRun: true }),
  retry: (id) => store.retry(id),
  readThread: (id) => store.readThread(id),
}

async function expectUntouched(run: () => Promise<void>): Promise<void> {
  const before = await factsOf(store)
  const files = await filesUnder(`${store.root}/sessions`)
  await run()
  expect(await factsOf(store)).toEqual(before)
  expect(await filesUnder(`${store.root}/sessions`)).toEqual(files)
  await store.appendItems(living, [textItem('the store works')])
}

describe('ids', () => {
  it('malformed: THREAD_ID_MALFORMED from every verb', () =>
    expectUntouched(async () => {
      const malformed = ['', 'x', `${living}0`, ` ${living}`, `${living}\n`, '../../etc/passwd']
      for (const [name, verb] of Object.entries(verbs)) {
        for (const id of [...malformed, 5, null, undefined, {}, [], Symbol('s'), 1n]) {
          // A create without a parent is no spawn.
          if (name === 'spawn' && id === undefined) continue
          const label = `${name}(${String(id)})`
          expect(await codeOf(() => verb(id as string)), label).toBe('THREAD_ID_MALFORMED')
        }
      }
    }))

  it('unknown: THREAD_NOT_FOUND, and undefined from readThread', () =>
    expectUntouched(async () => {
      for (const [name, verb] of Object.entries(verbs)) {
        const expected = name === 'readThread' ? 'resolved' : 'THREAD_NOT_FOUND'
        expect(await codeOf(() => verb(unknown)), name).toBe(expected)
      }
      expect(await store.readThread(unknown)).toBeUndefined()
    }))

  it('deleted: THREAD_DELETED with the receipt, and the same receipt from another delete', () =>
    expectUntouched(async () => {
      const answering = ['status', 'deleteThread', 'deleteThread, dry', 'retry']
      for (const [name, verb] of Object.entries(verbs)) {
        if (answering.includes(name)) {
          expect(await codeOf(() => verb(deleted)), name).toBe('resolved')
          continue
        }
        const error = await errorOf(() => verb(deleted))
        expect(error, name).toMatchObject({ code: 'THREAD_DELETED', outcome: 'absent' })
        expect(error.detail, name).toMatchObject({ threadId: deleted, receiptId })
      }
      expect((await store.deleteThread(deleted)).receipt?.receiptId).toBe(receiptId)
      expect(await codeOf(() => store.createThread({ threadId: deleted }))).toBe('THREAD_DELETED')
      expect(await codeOf(() => store.forkThread(living, { newThreadId: deleted }))).toBe(
        'THREAD_DELETED',
      )
    }))

  it('archived: refused by append, fork, resume, recorder and spawn; read, renamed and deleted', () =>
    expectUntouched(async () => {
      for (const name of [
        'appendItems',
        'forkThread',
        'resumeThread',
        'recorder',
        'spawn',
        'archiveThreads',
      ]) {
        expect(await codeOf(() => verbs[name]!(archived)), name).toBe('THREAD_ARCHIVED')
      }
      expect(await codeOf(() => store.unarchiveThreads([living]))).toBe('THREAD_NOT_ARCHIVED')
      expect(await textsOf(store, archived)).toEqual(['text'])
      expect((await store.readThread(archived))?.state).toBe('archived')
    }))

  it('taken: THREAD_EXISTS for create and fork', () =>
    expectUntouched(async () => {
      expect(await codeOf(() => store.createThread({ threadId: living }))).toBe('THREAD_EXISTS')
      const fork = () => store.forkThread(living, { newThreadId: archived })
      expect(await codeOf(fork)).toBe('THREAD_EXISTS')
    }))

  it('one bad id in a list refuses the whole call', () =>
    expectUntouched(async () => {
      expect(await codeOf(() => store.deleteThreads([living, unknown]))).toBe('THREAD_NOT_FOUND')
      expect(await codeOf(() => store.deleteThreads([living, 'x']))).toBe('THREAD_ID_MALFORMED')
      expect(await codeOf(() => store.archiveThreads([living, deleted]))).toBe('THREAD_DELETED')
      expect(await codeOf(() => store.archiveThreads([living, archived]))).toBe('THREAD_ARCHIVED')
    }))
})

describe('items', () => {
  const cycle: Record<string, unknown> = {}
  cycle.self = cycle
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error('a getter that throws')
      },
    },
  )
  const bad: readonly [string, unknown][] = [
    ['a big integer in the payload', { type: 't', payload: { n: 1n } }],
    ['a cycle', { type: 't', payload: cycle }],
    ['a function as payload', { type: 't', payload: () => {} }],
    ['no payload', { type: 't' }],
    ['undefined as payload', { type: 't', payload: undefined }],
    ['null as payload', { type: 't', payload: null }],
    ['an array as payload', { type: 't', payload: [] }],
    ['a number as payload', { type: 't', payload: 5 }],
    ['a text as payload', { type: 't', payload: '{}' }],
    ['a payload that becomes nothing', { type: 't', payload: { toJSON: () => undefined } }],
    ['a payload that becomes a text', { type: 't', payload: new Date(0) }],
    [
      'a payload that throws',
      {
        type: 't',
        payload: {
          toJSON: () => {
            throw new Error('no')
          },
        },
      },
    ],
    ['raw text that is no JSON', { type: 't', payload: new RawJson('{') }],
    ['raw text that is no object', { type: 't', payload: new RawJson('[1]') }],
    ['no type', { payload: {} }],
    ['an empty type', { type: '', payload: {} }],
    ['a type that is no text', { type: 5, payload: {} }],
    ['a session_meta', { type: 'session_meta', payload: { id: living } }],
    ['a time that is none', { type: 't', payload: {}, timestamp: 'yesterday' }],
    ['a time that is no text', { type: 't', payload: {}, timestamp: 5 }],
    ['null', null],
    ['undefined', undefined],
    ['a text', 'item'],
    ['an array', []],
    ['an object that throws', hostile],
  ]

  it.each(bad)(
    '%s: ITEM_INVALID, and its good neighbours are not written either',
    async (_, item) => {
      await expectUntouched(async () => {
        const items = [textItem('good'), item as never, textItem('good')]
        const error = await errorOf(() => store.appendItems(living, items))
        expect(error).toMatchObject({ code: 'ITEM_INVALID', detail: { index: 1 } })
      })
    },
  )

  it('a hole in the list is no item', () =>
    expectUntouched(async () => {
      const items = [textItem('good')]
      items[2] = textItem('good')
      expect(await errorOf(() => store.appendItems(living, items))).toMatchObject({
        code: 'ITEM_INVALID',
        detail: { index: 1 },
      })
    }))

  it.each([null, undefined, {}, 'items', 5, new Set()])(
    '%o is no list: ARGUMENT_INVALID',
    (items) =>
      expectUntouched(async () => {
        const append = () => store.appendItems(living, items as never)
        expect(await codeOf(append)).toBe('ARGUMENT_INVALID')
      }),
  )

  it('over the limit: ITEM_TOO_LARGE with both sizes', () =>
    expectUntouched(async () => {
      const append = () => store.appendItems(living, [textItem('x'.repeat(10_000))])
      expect(await errorOf(append)).toMatchObject({
        code: 'ITEM_TOO_LARGE',
        detail: { index: 0, maxLineBytes: 10_000, bytes: expect.any(Number) },
      })
    }))

  it('an ordinal that is not the next: ORDINAL_CONFLICT with both', () =>
    expectUntouched(async () => {
      const actual = (await store.readThread(living))!.nextOrdinal
      for (const expectedOrdinal of [0, actual - 1, actual + 1, Number.MAX_SAFE_INTEGER]) {
        const append = () => store.appendItems(living, [textItem('no')], { expectedOrdinal })
        expect(await errorOf(append)).toMatchObject({
          code: 'ORDINAL_CONFLICT',
          detail: { expected: expectedOrdinal, actual },
        })
      }
    }))

  it('are kept whatever their text: quotes, newlines, NULs, lone surrogates, other planes', async () => {
    const texts = ['"', '\\', '\n\r', '\0', '\ud800', '𝒳', '\u2028', '__proto__', '</script>']
    const before = await textsOf(store, living)
    for (const text of texts) await store.appendItems(living, [textItem(text)])
    const payload = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')
    await store.appendItems(living, [{ type: 'own', payload }])
    expect(await textsOf(store, living)).toEqual([...before, ...texts])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    await store.reopen()
    expect(await textsOf(store, living)).toEqual([...before, ...texts])
  })
})

describe('options of the wrong kind', () => {
  const options: readonly [string, () => unknown, string][] = [
    ['append: null', () => store.appendItems(living, [], null as never), 'ARGUMENT_INVALID'],
    ...[-1, 1.5, Number.NaN, '1', 2 ** 53].map(
      (expectedOrdinal): [string, () => unknown, string] => [
        `append: expectedOrdinal ${expectedOrdinal}`,
        () => store.appendItems(living, [], { expectedOrdinal: expectedOrdinal as number }),
        'ARGUMENT_INVALID',
      ],
    ),
    ...['', 'k'.repeat(257), 5, {}].map((idempotencyKey): [string, () => unknown, string] => [
      `append: idempotencyKey ${String(idempotencyKey).slice(0, 9)}`,
      () => store.appendItems(living, [], { idempotencyKey: idempotencyKey as string }),
      'ARGUMENT_INVALID',
    ]),
    [
      'append: durability',
      () => store.appendItems(living, [], { durability: 'never' as 'durable' }),
      'ARGUMENT_INVALID',
    ],
    ['create: null', () => store.createThread(null as never), 'ARGUMENT_INVALID'],
    ['create: cwd', () => store.createThread({ cwd: 5 as never }), 'ARGUMENT_INVALID'],
    ['create: name', () => store.createThread({ name: '' }), 'ARGUMENT_INVALID'],
    ['create: name of two lines', () => store.createThread({ name: 'a\nb' }), 'ARGUMENT_INVALID'],
    ['create: long name', () => store.createThread({ name: 'n'.repeat(501) }), 'ARGUMENT_INVALID'],
    ['create: meta', () => store.createThread({ meta: [] as never }), 'ARGUMENT_INVALID'],
    ['create: meta with 1n', () => store.createThread({ meta: { n: 1n } }), 'ARGUMENT_INVALID'],
    ['create: source', () => store.createThread({ source: 1n }), 'ARGUMENT_INVALID'],
    [
      'create: provider',
      () => store.createThread({ modelProvider: 5 as never }),
      'ARGUMENT_INVALID',
    ],
    ['create: empty id', () => store.createThread({ threadId: '' }), 'THREAD_ID_MALFORMED'],
    [
      'create: empty parent',
      () => store.createThread({ parentThreadId: '' }),
      'THREAD_ID_MALFORMED',
    ],
    ['rename: nothing', () => store.renameThread(living, undefined as never), 'ARGUMENT_INVALID'],
    ['rename: blanks', () => store.renameThread(living, '  '), 'ARGUMENT_INVALID'],
    ['rename: NUL', () => store.renameThread(living, 'a\0b'), 'ARGUMENT_INVALID'],
    ['fork: null', () => store.forkThread(living, null as never), 'ARGUMENT_INVALID'],
    [
      'fork: behind the end',
      () => store.forkThread(living, { throughOrdinal: 99 }),
      'ARGUMENT_INVALID',
    ],
    ['fork: -1', () => store.forkThread(living, { throughOrdinal: -1 }), 'ARGUMENT_INVALID'],
    ['fork: no turn', () => store.forkThread(living, { beforeTurn: 'none' }), 'TURN_NOT_FOUND'],
    [
      'fork: two points',
      () => store.forkThread(living, { throughOrdinal: 0, afterTurn: 't' }),
      'ARGUMENT_INVALID',
    ],
    ['delete: nobody', () => store.deleteThreads([]), 'ARGUMENT_INVALID'],
    ['delete: no list', () => store.deleteThreads(living as never), 'ARGUMENT_INVALID'],
    ['delete: null', () => store.deleteThreads(null as never), 'ARGUMENT_INVALID'],
    ['delete: null options', () => store.deleteThread(living, null as never), 'ARGUMENT_INVALID'],
    [
      'delete: forks',
      () => store.deleteThread(living, { forks: 'keep' as never }),
      'ARGUMENT_INVALID',
    ],
    [
      'delete: reason',
      () => store.deleteThread(living, { reason: 5 as never }),
      'ARGUMENT_INVALID',
    ],
    [
      'delete: by',
      () => store.deleteThread(living, { requestedBy: {} as never }),
      'ARGUMENT_INVALID',
    ],
    ['delete: plan', () => store.deleteThread(living, { expectPlan: 'other' }), 'PLAN_CHANGED'],
    [
      'delete: long reason',
      () => store.deleteThread(living, { reason: 'r'.repeat(201) }),
      'REASON_REFUSED',
    ],
    [
      'delete: reason that repeats the name',
      () => store.deleteThread(living, { reason: `about name ${living}` }),
      'REASON_REFUSED',
    ],
    ['archive: no list', () => store.archiveThreads(null as never), 'ARGUMENT_INVALID'],
    ['archive: nobody', () => store.archiveThreads([]), 'ARGUMENT_INVALID'],
    ['list: null', () => store.listThreads(null as never), 'ARGUMENT_INVALID'],
    ...[0, -1, 1.5, 1_001, Number.NaN, '5'].map((limit): [string, () => unknown, string] => [
      `list: limit ${limit}`,
      () => store.listThreads({ limit: limit as number }),
      'ARGUMENT_INVALID',
    ]),
    ['list: sort', () => store.listThreads({ sort: 'size' as never }), 'ARGUMENT_INVALID'],
    ['list: direction', () => store.listThreads({ direction: 'up' as never }), 'ARGUMENT_INVALID'],
    ['list: search', () => store.listThreads({ search: 5 as never }), 'ARGUMENT_INVALID'],
    ['list: cursor', () => store.listThreads({ cursor: 'nonsense' }), 'CURSOR_INVALID'],
    ['list: cursor of a kind', () => store.listThreads({ cursor: 5 as never }), 'CURSOR_INVALID'],
    ['list: parent', () => store.listThreads({ parentThreadId: 'x' }), 'THREAD_ID_MALFORMED'],
    ['turns: limit', () => store.listTurns(living, { limit: 0 }), 'ARGUMENT_INVALID'],
    ['turns: cursor', () => store.listTurns(living, { cursor: 'x' }), 'CURSOR_INVALID'],
    ['turns: null', () => store.listTurns(living, null as never), 'ARGUMENT_INVALID'],
    ['items: from', () => store.listItems(living, { from: -1 }).next(), 'ARGUMENT_INVALID'],
    ['items: limit', () => store.listItems(living, { limit: 1.5 }).next(), 'ARGUMENT_INVALID'],
    ['items: null', () => store.listItems(living, null as never).next(), 'ARGUMENT_INVALID'],
    ['events: after', () => store.events({ after: 'x' as never }).next(), 'ARGUMENT_INVALID'],
    ['events: limit', () => store.events({ limit: -1 }).next(), 'ARGUMENT_INVALID'],
    ['events: null', () => store.events(null as never).next(), 'ARGUMENT_INVALID'],
    ['resolve: nothing', () => store.resolveThread(undefined as never), 'ARGUMENT_INVALID'],
    ['resume: null', () => store.resumeThread(living, null as never), 'ARGUMENT_INVALID'],
    ['receipt: a path', () => store.readReceipt('../../anchor'), 'ARGUMENT_INVALID'],
    ['receipt: no text', () => store.readReceipt(5 as never), 'ARGUMENT_INVALID'],
    ['export: nowhere', () => store.exportThreads([living], {} as never), 'ARGUMENT_INVALID'],
    ['export: null', () => store.exportThreads([living], null as never), 'ARGUMENT_INVALID'],
    [
      'export: format',
      () => store.exportThreads([living], { to: '/tmp/never', format: 'pdf' as never }),
      'ARGUMENT_INVALID',
    ],
    [
      'export: no list',
      () => store.exportThreads(living as never, { to: '/tmp/never' }),
      'ARGUMENT_INVALID',
    ],
    ['import: no list', () => store.importRollouts(null as never), 'ARGUMENT_INVALID'],
    ['import: no text', () => store.importRollouts([5 as never]), 'ARGUMENT_INVALID'],
    ['recorder: nothing', () => store.recorder(null as never), 'ARGUMENT_INVALID'],
    ['recorder: neither', () => store.recorder({} as never), 'ARGUMENT_INVALID'],
  ]

  it.each(options)('%s', async (_name, call, code) => {
    await expectUntouched(async () => {
      expect(await codeOf(call)).toBe(code)
    })
  })

  it('what an option object gains on the way does not change a call that has begun', async () => {
    const items = [textItem('first')]
    const before = await textsOf(store, living)
    const appending = store.appendItems(living, items)
    items.push(textItem('second'))
    items[0]!.payload = messageOf('changed')
    const { written } = await appending
    expect(await textsOf(store, living)).toHaveLength(before.length + written)
  })

  it('an import of what is not there changes nothing', () =>
    expectUntouched(async () => {
      expect(await codeOf(() => store.importRollouts(['/nowhere/at/all']))).not.toBeInstanceOf(
        Error,
      )
    }))

  it('an export never replaces a file', async () => {
    const to = await stores.folder()
    await store.exportThreads([living], { to })
    const before = await snapshotOf(to)
    expect(await codeOf(() => store.exportThreads([living], { to }))).toBe('EXPORT_TARGET_EXISTS')
    expect(await snapshotOf(to)).toEqual(before)
    expect(await rolloutOf(store.root, living)).toContain(living)
  })
})

describe('after all of it', () => {
  it('the store is whole, here and after a reopening', async () => {
    expect((await store.verify()).problems).toEqual([])
    const before = await factsOf(store)
    await store.reopen()
    expect(await factsOf(store)).toEqual(before)
    expect((await store.verify()).problems).toEqual([])
  })
})
